package templates

import "strings"

// Appeal is 账号申诉, /appeal: when there is a way by papers, which, and where they
// are taken (Brand.Desk).
type Appeal struct{}

func (Appeal) name() string { return "appeal" }

// Desk reports whether appeals are taken anywhere.
func (r *Renderer) Desk() bool { return r.brand.Desk != "" }

// Desk is where appeals are taken, line by line.
func (s screen) Desk() []string {
	return strings.Split(strings.TrimSpace(inLang(s.View.Lang, s.Brand.Desk, s.Brand.DeskEN)), "\n")
}
