package main

import (
	"net/http"
	"net/url"
)

// servicePage is a sample form, filled in with what the provider said: what all this is for.
type servicePage struct {
	frame
	Notice   string
	Service  service
	Identity identity
	TypeWord string
	Fits     bool   // the account is of the kind the service is for
	Other    string // where to sign in with one that is
}

func (servicePage) name() string { return "service" }

// service opens a service; who is not signed in signs in first and comes back to it.
func (h *hall) service(w http.ResponseWriter, r *http.Request) error {
	found, ok := h.pages.theme.service(r.PathValue("id"))
	if !ok {
		return &problem{code: problemNotFound}
	}
	kind := "enterprise"
	if found.For == "person" {
		kind = "person"
	}
	login := url.Values{"kind": {kind}, "service": {found.ID}}
	if h.current(r) == nil {
		http.Redirect(w, r, "/login?"+login.Encode(), http.StatusSeeOther)
		return nil
	}
	s, unchecked := h.signedIn(w, r)
	if s == nil {
		return nil
	}
	held := s.holding()
	// Another account is wanted: without prompt the provider would answer with the same one.
	login.Set("prompt", "login")
	page := servicePage{frame: h.frame(r), Service: found, Identity: held.who, Other: "/login?" + login.Encode()}
	page.Fits = (found.For == "person") == (held.who.Enterprise == nil)
	if e := held.who.Enterprise; e != nil {
		page.TypeWord = h.pages.words.value("enterprise.type", e.Type)
	}
	if page.Acting != nil {
		page.Acting.Switch += "&" + url.Values{"service": {found.ID}}.Encode()
	}
	if unchecked {
		page.Notice = h.pages.words.Notices[noticeUnchecked]
	}
	return h.show(w, http.StatusOK, page)
}
