package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// session is one signed-in browser.
type session struct {
	id   string
	csrf string
	kind string // the account_type this sign-in asked for

	mu sync.Mutex // held through a refresh, so that two clicks do not spend one refresh token twice

	state sync.Mutex // guards held
	held  holding
}

// holding is what the provider gave for one sign-in. It is replaced as a whole, never changed.
type holding struct {
	token      *oauth2.Token
	idToken    string // as received: the hint for logout
	idClaims   json.RawMessage
	userinfo   json.RawMessage
	who        identity
	subject    string
	received   time.Time
	expires    time.Time // of the access token; zero: not said
	generation int       // 1 after the sign-in, one more for every refresh
}

// open signs a browser in under a new identifier; an older sign-in of the browser ends.
func (h *hall) open(w http.ResponseWriter, r *http.Request, kind string, held holding) {
	if old := readCookie(r, h.sessionCookie()); old != "" {
		h.sessions.drop(old)
	}
	s := &session{id: rand.Text(), csrf: rand.Text(), kind: kind, held: held}
	h.sessions.put(s.id, s)
	h.setCookie(w, h.sessionCookie(), s.id)
}

// current returns the browser's sign-in, or nil.
func (h *hall) current(r *http.Request) *session {
	id := readCookie(r, h.sessionCookie())
	if id == "" {
		return nil
	}
	s, ok := h.sessions.get(id)
	if !ok {
		return nil
	}
	return s
}

// close ends a sign-in in this portal.
func (h *hall) close(w http.ResponseWriter, s *session) {
	h.sessions.drop(s.id)
	h.clearCookie(w, h.sessionCookie())
}

// holding returns what the session holds now.
func (s *session) holding() holding {
	s.state.Lock()
	defer s.state.Unlock()
	return s.held
}

// hold replaces what the session holds.
func (s *session) hold(held holding) {
	s.state.Lock()
	defer s.state.Unlock()
	s.held = held
}

// receive puts new tokens into a holding.
func (h holding) receive(token *oauth2.Token, now time.Time) holding {
	h.token, h.received, h.expires = token, now, token.Expiry
	// Where the answer says how long, it is counted by the portal's own clock.
	if seconds, ok := token.Extra("expires_in").(float64); ok && seconds > 0 {
		h.expires = now.Add(time.Duration(seconds) * time.Second)
	}
	h.generation++
	return h
}

// learn replaces the userinfo, unless the tokens it was fetched with have been replaced since.
func (s *session) learn(fetchedWith string, userinfo json.RawMessage, who identity) {
	s.state.Lock()
	defer s.state.Unlock()
	if s.held.token.AccessToken != fetchedWith {
		return
	}
	s.held.userinfo, s.held.who = userinfo, who
}

// checkForm refuses a form that this session's page did not make.
func (s *session) checkForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &problem{code: problemForeignForm, cause: err}
	}
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("csrf")), []byte(s.csrf)) != 1 {
		return &problem{code: problemForeignForm}
	}
	return nil
}
