package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// deps is what a hall is built from; all of it is required.
type deps struct {
	Config config
	Log    *slog.Logger
	Now    func() time.Time
	HTTP   *http.Client // for calls to the provider
}

// hall is the portal: its pages, its sign-ins, and what it knows of the provider.
type hall struct {
	cfg    config
	log    *slog.Logger
	now    func() time.Time
	http   *http.Client
	issuer *issuer
	pages  *pages

	sessions  *shelf[*session]
	pending   *shelf[pending]  // authorization requests sent and not yet answered
	farewells *shelf[struct{}] // logouts sent and not yet come back from
}

// How long the hall remembers, and how much of it.
const (
	sessionIdle   = 30 * time.Minute
	sessionTotal  = 8 * time.Hour
	sessionLimit  = 10_000
	pendingTotal  = 10 * time.Minute
	pendingLimit  = 20_000
	maxBodyBytes  = 8 << 10
	assetsMaxAge  = 24 * time.Hour
	clockLeeway   = time.Minute     // how far the provider's clock may be off
	expiryMargin  = 5 * time.Second // an access token this close to its end is not used any more
	recheckTime   = 3 * time.Second // how long a page waits for the provider to confirm
	revokeTimeout = 3 * time.Second
)

// newHall builds a portal; a broken template or data file shows here, not at the first visitor.
func newHall(d deps) (*hall, error) {
	p, err := loadPages(d.Config.Theme)
	if err != nil {
		return nil, fmt.Errorf("load pages: %w", err)
	}
	return &hall{
		cfg:       d.Config,
		log:       d.Log,
		now:       d.Now,
		http:      d.HTTP,
		issuer:    &issuer{url: d.Config.Issuer, client: d.HTTP, now: d.Now},
		pages:     p,
		sessions:  newShelf[*session](d.Now, sessionLimit, sessionIdle, sessionTotal),
		pending:   newShelf[pending](d.Now, pendingLimit, pendingTotal, pendingTotal),
		farewells: newShelf[struct{}](d.Now, pendingLimit, pendingTotal, pendingTotal),
	}, nil
}

// routes is the list of everything the portal answers. GET patterns answer HEAD too.
func (h *hall) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", h.page(h.front))
	mux.Handle("GET /login", h.page(h.login))
	mux.Handle("GET /callback", h.page(h.callback))
	mux.Handle("GET /me", h.page(h.me))
	mux.Handle("GET /service/{id}", h.page(h.service))
	mux.Handle("POST /refresh", h.page(h.refresh))
	mux.Handle("POST /logout", h.page(h.logout))
	mux.Handle("GET /static/{file}", h.page(h.asset))
	mux.HandleFunc("GET /healthz", health)
	mux.Handle("GET /", h.page(func(http.ResponseWriter, *http.Request) error {
		return &problem{code: problemNotFound}
	}))

	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(h.page(func(http.ResponseWriter, *http.Request) error {
		return &problem{code: problemForeignForm}
	}))
	return h.secure(http.MaxBytesHandler(crossOrigin.Handler(mux), maxBodyBytes))
}

// page turns a handler that may fail into one that shows the failure.
func (h *hall) page(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := handle(w, r)
		if err == nil {
			return
		}
		p, ok := errors.AsType[*problem](err)
		if !ok {
			p = &problem{code: problemInternal, cause: err}
		}
		h.showProblem(w, r, p)
	})
}

// health says that the portal itself is up; it does not ask after the provider.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // a client that left needs no answer
}
