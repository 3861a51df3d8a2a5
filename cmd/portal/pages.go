package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
)

//go:embed templates
var files embed.FS

// pages holds everything that is shown.
type pages struct {
	theme     theme
	words     words
	templates map[string]*template.Template
	version   string // changes with the assets, so that browsers may keep them
}

// view is the data of one page; its name is that of its template.
type view interface{ name() string }

// loadPages reads templates and data files.
func loadPages(themeKey string) (*pages, error) {
	p := &pages{templates: map[string]*template.Template{}}
	if err := readData("theme-"+themeKey+".json", &p.theme); err != nil {
		return nil, err
	}
	if err := readData("words.json", &p.words); err != nil {
		return nil, err
	}
	for _, v := range []view{frontPage{}, mePage{}, servicePage{}, problemPage{}} {
		t, err := template.New("layout.html").Option("missingkey=error").
			ParseFS(files, "templates/layout.html", "templates/icons.html", "templates/acting.html", "templates/"+v.name()+".html")
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", v.name(), err)
		}
		p.templates[v.name()] = t
	}
	version, err := assetVersion()
	p.version = version
	return p, err
}

// assetVersion is a fingerprint of all assets.
func assetVersion() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, "templates/static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read asset: %w", err)
		}
		_, err = sum.Write(data)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("fingerprint assets: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6]), nil
}

// frame is what every page has around its content.
type frame struct {
	Theme   theme
	Version string
	Who     string // whom the browser is signed in as; empty: nobody
	CSRF    string
	PeerURL string
	PeerGo  string // where the link to the other portal leads from here
	Acting  *acting
}

// frame fills the surroundings of a page for this visitor. A visitor who is signed in here goes to
// the other portal's sign-in, with the same kind of account: no password is asked there.
func (h *hall) frame(r *http.Request) frame {
	f := frame{Theme: h.pages.theme, Version: h.pages.version, PeerURL: h.cfg.PeerURL}
	f.PeerGo = f.PeerURL + "/"
	if s := h.current(r); s != nil {
		held := s.holding()
		f.Who, f.CSRF = held.who.display(), s.csrf
		f.PeerGo = f.PeerURL + "/login?kind=" + kindOf(s, held)
		f.Acting = h.acting(held.who)
	}
	return f
}

// display is the name in the page's header.
func (i identity) display() string {
	if i.Enterprise != nil && i.Enterprise.Name != "" {
		return i.Enterprise.Name
	}
	return i.Name
}

// kindOf is the kind of account a session is for.
func kindOf(s *session, held holding) string {
	if held.who.AccountType != "" {
		return held.who.AccountType
	}
	return s.kind
}

// show renders a page whole before the first byte goes out.
func (h *hall) show(w http.ResponseWriter, status int, v view) error {
	var out bytes.Buffer
	if err := h.pages.templates[v.name()].Execute(&out, v); err != nil {
		return fmt.Errorf("render %s: %w", v.name(), err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // a client that left needs no answer
	return nil
}

// asset serves a style sheet or picture. Its address carries the version, so it may be kept.
func (h *hall) asset(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	data, err := files.ReadFile("templates/static/" + path.Base(name))
	if err != nil {
		return &problem{code: problemNotFound}
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(assetsMaxAge.Seconds())))
	//nolint:gosec // G705: an embedded file; a client that left needs no answer
	_, _ = w.Write(data)
	return nil
}
