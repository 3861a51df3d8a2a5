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
