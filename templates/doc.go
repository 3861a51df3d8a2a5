// Package templates holds everything that a person sees: the pages, one typed
// struct each, their sentences in Chinese and English, and the style sheet,
// script and pictures they use. All text in a human language stands here.
//
// A page is rendered with
//
//	r, err := templates.New(brand)
//	err = r.Render(w, templates.View{Lang: "zh-CN"}, templates.LoginEnterprise{…})
//
// Adding a page takes a struct with a name method, a file html/pages/<name>.html
// that defines "title" and "content", its sentences in zh.json and en.json, and
// a sample in samples.go; the tests then check it like every other page.
//
// Short messages are worded here too (Renderer.Message), and so are the documents
// that people agree to: agreements/<document>.<language>.txt, each with a version
// and a date that change with its text (Renderer.Agreement).
//
// Rules of all pages: they work without script; nothing is inline (the content
// security policy forbids it); every input has a label; <main> carries the id
// page-<name>; every form that posts to us carries the csrf token.
package templates
