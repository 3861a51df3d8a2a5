package templates

import (
	"bytes"
	"testing"
)

func newRenderer(t testing.TB, brand Brand) *Renderer {
	t.Helper()
	r, err := New(brand)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rendered(t testing.TB, r *Renderer, v View, p Page) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := r.Render(&out, v, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRenderEveryPage(t *testing.T) {
	r := newRenderer(t, DemoBrand())
	for _, lang := range Languages() {
		for _, s := range pages() {
			rendered(t, r, View{Lang: lang, CSRF: "x"}, s.page)
		}
	}
}

// What is put in when parsing must read like what is looked up when rendering.
func TestConstantsAreEscapedWhenPutIn(t *testing.T) {
	r := newRenderer(t, Brand{})
	got, err := r.fold(English, `<a title="{{t "login.forgot"}}" href="{{asset "app.css"}}">{{t "rep.name.representative"}}</a>{{t $x}}`)
	want := `<a title="Forgot password?" href="` + r.AssetURL("app.css") + `">Legal representative&#39;s name</a>{{t $x}}`
	if err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	for _, bad := range []string{`{{t "no.such.key"}}`, `{{asset "no.css"}}`} {
		if _, err := r.fold(English, bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A fault leaves nothing behind: no half page is sent.
func TestNothingIsWrittenOnAFault(t *testing.T) {
	var out bytes.Buffer
	if err := newRenderer(t, Brand{}).Render(&out, View{}, unknownPage{}); err == nil || out.Len() != 0 {
		t.Errorf("error %v, %d bytes written", err, out.Len())
	}
}

type unknownPage struct{}

func (unknownPage) name() string { return "unknown" }
