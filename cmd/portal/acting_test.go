package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryPageSaysForWhomAnAgentActs(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	for name, p := range map[string]page{
		"me": b.signIn(s, "agent"), "front": b.get(s.url + "/"), "service": b.get(s.url + "/service/titles"),
	} {
		if got := p.text("acting-as"); got != "正在以 吉林省示例软件有限公司 的经办人 李四 身份办理" {
			t.Errorf("%s says %q", name, got)
		}
		if got := p.text("acting-until"); got != "授权至 2026-12-31" {
			t.Errorf("%s: until %q", name, got)
		}
		if got := p.text("acting-services"); !strings.Contains(got, "全部门户") {
			t.Errorf("%s: services %q", name, got)
		}
	}
	for _, kind := range []string{"enterprise", "person"} {
		if p := s.browser().signIn(s, kind); p.find("acting-as") != nil || p.find("switch") != nil {
			t.Errorf("%s is shown as an agent", kind)
		}
	}
}

func TestActingNamesTheServices(t *testing.T) {
	s := newStage(t)
	for _, test := range []struct {
		services []string
		want     string
	}{
		{[]string{testClient}, "授权事项：本大厅"},
		{[]string{"other-hall", testClient, "third"}, "授权事项：本大厅、other-hall、third"},
		{[]string{"other-hall"}, "授权事项：other-hall"},
	} {
		s.provider.services = test.services
		if got := s.browser().signIn(s, "agent").text("acting-services"); got != test.want {
			t.Errorf("%v: %q, want %q", test.services, got, test.want)
		}
	}
}

func TestSwitchingAsksForAnotherEnterprise(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	me := b.signIn(s, "agent")
	b.follow(s.url+attribute(me.find("switch"), "href")).want(http.StatusOK, "page-portal-me")
	form := b.get(s.url + "/service/titles")
	b.follow(s.url+attribute(form.find("switch"), "href")).want(http.StatusOK, "page-portal-service")
	for _, got := range s.provider.authorized[1:] {
		for name, want := range map[string]string{"prompt": "select_account", "account_type": "agent"} {
			if diff := cmp.Diff([]string{want}, got[name]); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	if len(s.provider.authorized) != 3 {
		t.Errorf("%d requests were sent", len(s.provider.authorized))
	}
	front := s.browser().get(s.url + "/")
	if got := attribute(front.find("login-agent"), "href"); got != "/login?kind=agent" {
		t.Errorf("agents sign in at %q", got)
	}
}
