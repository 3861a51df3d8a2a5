package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMeShowsTheEnterprise(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	p := b.signIn(s, "enterprise")
	if got := p.text("acting-title"); got != "吉林省示例软件有限公司" {
		t.Errorf("acting as %q", got)
	}
	if got := p.text("uscc"); got != "91220102MA0TE5T169" {
		t.Errorf("uscc %q", got)
	}
	for id, want := range map[string]string{"account-type": "enterprise", "enterprise-status": "active", "level": "2"} {
		if got := attribute(p.find(id), "data-value"); got != want {
			t.Errorf("%s = %q, want %q", id, got, want)
		}
	}
	for name, want := range map[string][]string{
		"sub":               {testSubject, testSubject}, // in both tables
		"account_type":      {"enterprise单位账号"},
		"enterprise.uscc":   {"91220102MA0TE5T169"},
		"enterprise.type":   {"enterprise企业法人"},
		"enterprise.status": {"active正常"},
		"updated_at":        {"17724132002026-03-02 09:00:00"},
		"acr":               {"urn:tongid:loa:2二级"},
		"amr":               {"pwd口令"},
		"auth_time":         {"17724132002026-03-02 09:00:00"},
		"exp":               {"17724138002026-03-02 09:10:00"},
		"aud":               {testClient},
		"agent.name":        nil,
	} {
		if diff := cmp.Diff(want, p.claim(name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if !strings.Contains(p.text("expires"), "2026-03-02 09:10:00") {
		t.Errorf("token expires %q", p.text("expires"))
	}
}

func TestMeShowsAgentAndPerson(t *testing.T) {
	s := newStage(t)
	p := s.browser().signIn(s, "agent")
	if got := p.text("agent"); !strings.HasPrefix(got, "李四") {
		t.Errorf("agent %q", got)
	}
	if got := p.text("acting-title"); got != "吉林省示例软件有限公司" {
		t.Errorf("acting for %q", got)
	}
	if diff := cmp.Diff([]string{"true是"}, p.claim("agent.manager")); diff != "" {
		t.Error(diff)
	}
	p = s.browser().signIn(s, "person")
	if got := p.text("acting-title"); got != "李四" || p.find("uscc") != nil {
		t.Errorf("person %q", got)
	}
	if got := attribute(p.find("peer"), "href"); got != "http://127.0.0.1:1/login?kind=person" {
		t.Errorf("the other portal is at %q", got)
	}
}

func TestMeNeverShowsWholeTokens(t *testing.T) {
	s := newStage(t)
	p := s.browser().signIn(s, "enterprise")
	for token := range s.provider.access {
		if strings.Contains(p.body, token) || !strings.Contains(p.body, token[:6]+"…"+token[len(token)-6:]) {
			t.Errorf("access token is shown whole, or not at all")
		}
	}
	for token := range s.provider.spent {
		if strings.Contains(p.body, token) {
			t.Errorf("refresh token is shown whole")
		}
	}
	if got := mask("short"); strings.Contains(got, "short") {
		t.Errorf("a short token is shown as %q", got)
	}
}

func TestMeNeedsASignIn(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	p := b.get(s.url + "/me")
	if got := p.header.Get("Location"); got != "/?notice="+noticeSignIn {
		t.Errorf("led to %q", got)
	}
	front := b.get(s.url + "/?notice=" + noticeSignIn)
	if front.text("notice") == "" {
		t.Error("the front page does not say so")
	}
	if got := b.get(s.url + "/?notice=made-up").text("notice"); got != "" {
		t.Errorf("the address put %q on the page", got)
	}
}

func TestMeSeesALogoutElsewhere(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.signIn(s, "enterprise")
	s.provider.endSessions()
	if got := b.get(s.url + "/me").header.Get("Location"); got != "/?notice="+noticeEnded {
		t.Errorf("led to %q", got)
	}
	if len(s.provider.revoked) != 1 {
		t.Error("the refresh token nobody needs any more was not given back")
	}
}

func TestMeOffersARefreshWhenTheTokenRanOut(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.signIn(s, "enterprise")
	s.clock.advance(11 * time.Minute)
	s.provider.endSessions() // it knows the token no more; that says nothing about the sign-in
	p := b.get(s.url + "/me")
	p.want(http.StatusOK, "page-portal-me")
	if p.find("late") == nil || p.find("refresh") == nil {
		t.Error("the page does not say that the token ran out")
	}
	b.post(s.url+"/refresh", p.csrf())
	if p = b.get(s.url + "/me"); p.find("late") != nil {
		t.Error("the page still says so after a refresh")
	}
}

func TestMeSaysWhenItCouldNotCheck(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.signIn(s, "enterprise")
	s.provider.broken = true
	p := b.get(s.url + "/me")
	p.want(http.StatusOK, "page-portal-me")
	if got, want := p.text("notice"), s.hall.pages.words.Notices[noticeUnchecked]; got != want {
		t.Errorf("notice %q, want %q", got, want)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	b.signIn(s, "enterprise")
	for range int(sessionTotal/(20*time.Minute)) - 1 {
		s.clock.advance(20 * time.Minute)
		b.get(s.url+"/me").want(http.StatusOK, "page-portal-me")
	}
	s.clock.advance(20 * time.Minute)
	if got := b.get(s.url + "/me").status; got != http.StatusSeeOther {
		t.Errorf("after %v /me still answers %d", sessionTotal, got)
	}
}

func TestServiceIsFilledIn(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	if got := b.get(s.url + "/service/titles").header.Get("Location"); got != "/login?kind=enterprise&service=titles" {
		t.Errorf("led to %q", got)
	}
	p := b.follow(s.url + "/service/titles")
	p.want(http.StatusOK, "page-portal-service")
	for _, want := range []string{"吉林省示例软件有限公司", "91220102MA0TE5T169"} {
		if !strings.Contains(p.text("content"), want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	p = b.get(s.url + "/service/my-card")
	if strings.Contains(p.text("content"), "91220102MA0TE5T169") {
		t.Error("a person's service took an enterprise")
	}
	if got := attribute(p.find("other"), "href"); got != "/login?kind=person&prompt=login&service=my-card" {
		t.Errorf("another account signs in at %q", got)
	}
	b.get(s.url + "/service/none").wantProblem(problemNotFound)
}
