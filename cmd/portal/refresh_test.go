package main

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"
)

func TestRefreshRotates(t *testing.T) { // RFC 6749 §6, RFC 9700 §4.14.2
	s := newStage(t)
	b := s.browser()
	p := b.signIn(s, "enterprise")
	for generation := 2; generation <= 4; generation++ {
		before := p.text("access-token")
		if got := b.post(s.url+"/refresh", p.csrf()).header.Get("Location"); got != "/me?notice="+noticeRefreshed {
			t.Fatalf("refresh led to %q", got)
		}
		p = b.get(s.url + "/me?notice=" + noticeRefreshed)
		p.want(http.StatusOK, "page-portal-me")
		if p.text("access-token") == before || p.text("generation") != string(rune('0'+generation)) || p.text("notice") == "" {
			t.Errorf("generation %q shows the old token, or no notice", p.text("generation"))
		}
	}
	used := map[string]bool{}
	for _, form := range s.provider.tokenForms[1:] {
		if form.Get("grant_type") != "refresh_token" || used[form.Get("refresh_token")] {
			t.Errorf("token request %v", form)
		}
		used[form.Get("refresh_token")] = true
	}
}

func TestRefreshKeepsATokenThatIsNotRotated(t *testing.T) {
	s := newStage(t)
	s.provider.noRotation = true
	b := s.browser()
	p := b.signIn(s, "enterprise")
	for range 2 {
		b.post(s.url+"/refresh", p.csrf())
		p = b.get(s.url + "/me")
		p.want(http.StatusOK, "page-portal-me")
	}
	if got := p.text("generation"); got != "3" {
		t.Errorf("generation %q, want 3", got)
	}
}

func TestRefreshSignsOutOnInvalidGrant(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	p := b.signIn(s, "enterprise")
	s.provider.tokenError = "invalid_grant"
	to := b.post(s.url+"/refresh", p.csrf()).location(s.url)
	front := b.get(to)
	front.want(http.StatusOK, "page-portal-front")
	if got, want := front.text("notice"), s.hall.pages.words.Notices[noticeEnded]; got != want {
		t.Errorf("notice %q, want %q", got, want)
	}
	if got := b.get(s.url + "/me").status; got != http.StatusSeeOther {
		t.Errorf("/me still answers %d", got)
	}
}

func TestRefreshKeepsTheSignInWhenTheProviderIsAway(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	p := b.signIn(s, "enterprise")
	s.provider.tokenError = "temporarily_unavailable"
	b.post(s.url+"/refresh", p.csrf()).wantProblem(problemClientRefused)
	s.provider.tokenError = ""
	b.post(s.url+"/refresh", p.csrf())
	b.get(s.url+"/me").want(http.StatusOK, "page-portal-me")
}

func TestRefreshKeepsNewTokensWhenUserinfoFails(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	p := b.signIn(s, "enterprise")
	s.provider.broken = true
	b.post(s.url+"/refresh", p.csrf()).wantProblem(problemNoUserinfo)
	s.provider.broken = false
	b.post(s.url+"/refresh", p.csrf()) // would be reuse if the first successor had been lost
	p = b.get(s.url + "/me")
	p.want(http.StatusOK, "page-portal-me")
	if got := p.text("generation"); got != "3" {
		t.Errorf("generation %q, want 3", got)
	}
}

func TestRefreshedIDTokenMustBeAboutTheSame(t *testing.T) { // OpenID Connect Core §12.2
	s := newStage(t)
	b := s.browser()
	p := b.signIn(s, "enterprise")
	s.provider.mangle = func(claims map[string]any) { claims["sub"] = "somebody-else" }
	b.post(s.url+"/refresh", p.csrf()).wantProblem(problemBadToken)
	if got := b.get(s.url + "/me").status; got != http.StatusSeeOther {
		t.Errorf("/me still answers %d", got)
	}
}

func TestRefreshOneAfterAnother(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	form := b.signIn(s, "enterprise").csrf()
	var clicks sync.WaitGroup
	for range 8 {
		clicks.Go(func() { b.post(s.url+"/refresh", form) })
	}
	clicks.Wait()
	p := b.get(s.url + "/me")
	p.want(http.StatusOK, "page-portal-me")
	if got := p.text("generation"); got != "9" {
		t.Errorf("generation %q after 8 clicks at once: a refresh token was spent twice", got)
	}
}

func TestFormsOfStrangersAreRefused(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	form := b.signIn(s, "enterprise").csrf()
	for _, path := range []string{"/refresh", "/logout"} {
		for name, try := range map[string]func() page{
			"no token":    func() page { return b.post(s.url+path, nil) },
			"wrong token": func() page { return b.post(s.url+path, url.Values{"csrf": {"guess"}}) },
			"token in the query": func() page {
				return b.post(s.url+path+"?"+form.Encode(), url.Values{"x": {"y"}})
			},
			"another site": func() page {
				return b.send(http.MethodPost, s.url+path, form, http.Header{"Sec-Fetch-Site": {"cross-site"}})
			},
			"another port": func() page {
				return b.send(http.MethodPost, s.url+path, form, http.Header{"Sec-Fetch-Site": {"same-site"}})
			},
			"another origin": func() page {
				return b.send(http.MethodPost, s.url+path, form, http.Header{"Origin": {"http://evil.example"}})
			},
			"a huge body": func() page { return b.post(s.url+path, url.Values{"csrf": {longText(maxBodyBytes)}}) },
		} {
			p := try()
			if p.problem() != string(problemForeignForm) {
				t.Errorf("%s %s: got status %d, problem %q", path, name, p.status, p.problem())
			}
		}
	}
	b.get(s.url+"/me").want(http.StatusOK, "page-portal-me")
}

func TestRefreshWithoutSignIn(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	if got := b.post(s.url+"/refresh", nil).header.Get("Location"); got != "/?notice="+noticeEnded {
		t.Errorf("led to %q", got)
	}
	form := b.signIn(s, "enterprise").csrf()
	s.clock.advance(sessionIdle + time.Second)
	if got := b.post(s.url+"/refresh", form).header.Get("Location"); got != "/?notice="+noticeEnded {
		t.Errorf("after the idle time led to %q", got)
	}
}
