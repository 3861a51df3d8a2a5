// Package mandateapi is the API for portals: who may act for which enterprise, and
// what has changed. Its calls carry a client_credentials token with the scope
// mandates; openapi.json describes all of it and is held to what it does.
//
//	POST /api/v1/mandates/check                   check.go
//	POST /api/v1/mandates/check-batch             check.go
//	GET  /api/v1/enterprises/{uscc}/mandates      list.go
//	POST /api/v1/events/poll                      poll.go, RFC 8936
//	GET  /api/v1/openapi.json                     openapi.go
//
// Errors are problems (RFC 9457, problem.go), and bodies are read strictly
// (body.go).
package mandateapi

import (
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
)

// Scope is what a token must carry.
const Scope = "mandates"

// Paths of the API.
const (
	Prefix    = "/api/"
	PathBatch = "/api/v1/mandates/check-batch"

	pathCheck   = "/api/v1/mandates/check"
	pathList    = "/api/v1/enterprises/:uscc/mandates"
	pathPoll    = "/api/v1/events/poll"
	pathOpenAPI = "/api/v1/openapi.json"
)

// MaxBatch is the longest body of a batch, in bytes. Other bodies are as long as
// anything may be that is sent to us (guard.MaxBody).
const MaxBatch = 1 << 20

// Denial is why a token was refused.
type Denial struct {
	Status      int
	Code        string // RFC 6750 §3.1; empty: there was no token
	Description string
	Challenge   string // of WWW-Authenticate
}

// Callers tells who calls.
type Callers interface {
	// Caller returns the client whose token the request carries, or why it is
	// refused; an error only when a store does not answer.
	Caller(r *http.Request, scope string) (*client.Client, *Denial, error)
}

// Clients are the registered relying parties.
type Clients interface {
	Get(id string) (*client.Client, error)
}

// Tokens makes Security Event Tokens.
type Tokens interface {
	Token(d *accounts.EventDelivery) (string, error)
}

// Deps is what the API is built from; all fields are required.
type Deps struct {
	Callers   Callers
	Clients   Clients
	Questions *accounts.MandateQuestions
	Events    accounts.EventPoller
	Tokens    Tokens
	Now       func() time.Time
}

// API answers portals.
type API struct {
	Deps

	openAPI *document
	waiting waiting
}

// New returns the API, ready to mount.
func New(deps Deps) *API {
	return &API{Deps: deps, openAPI: newDocument(), waiting: waiting{clients: map[string]bool{}}}
}

// Mount adds the routes. GET routes answer HEAD as well.
func (a *API) Mount(e *echo.Echo) {
	read := []string{http.MethodGet, http.MethodHead}
	e.POST(pathCheck, a.by(a.check))
	e.POST(PathBatch, a.by(a.checkBatch))
	e.Match(read, pathList, a.by(a.list))
	e.POST(pathPoll, a.by(a.poll))
	e.Match(read, pathOpenAPI, a.openAPI.serve)
}

// handler answers a call of a client.
type handler func(c echo.Context, by *client.Client) error

// by lets clients through whose token carries the scope.
func (a *API) by(next handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		by, denial, err := a.Callers.Caller(c.Request(), Scope)
		switch {
		case err != nil:
			return err
		case denial != nil:
			return deny(c, denial)
		}
		err = next(c, by)
		if p, ok := asProblem(err); ok {
			return p.write(c)
		}
		return err
	}
}

// waiting are the clients that wait for events in this process: each once.
type waiting struct {
	mu      sync.Mutex
	clients map[string]bool
}

// enter reports whether the client does not wait yet.
func (w *waiting) enter(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.clients[id] {
		return false
	}
	w.clients[id] = true
	return true
}

func (w *waiting) leave(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.clients, id)
}
