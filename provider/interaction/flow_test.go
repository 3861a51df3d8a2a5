package interaction_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/storage/ephemeral"
	"github.com/tongid/tongid/storage/sqlite"
	"github.com/tongid/tongid/storage/storagetest"
)

type hall struct {
	*interaction.Flow
	now time.Time
}

func newHall(t *testing.T, lag time.Duration) *hall {
	t.Helper()
	h := &hall{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return h.now }
	store, err := ephemeral.Open(t.Context(), sqlite.Memory, ephemeral.Options{Now: clock, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	h.Flow = &interaction.Flow{Store: storagetest.SlowInteractions(store, lag), Now: clock}
	return h
}

// visitor gives a browser its secret and returns the request that it makes next.
func (h *hall) visitor() ([32]byte, *http.Request) {
	w := httptest.NewRecorder()
	hash := h.Browser(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	next := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	for _, c := range w.Result().Cookies() {
		next.AddCookie(c)
	}
	return hash, next
}

func TestFlowIsOneBrowsers(t *testing.T) {
	h := newHall(t, 0)
	hash, mine := h.visitor()
	_, theirs := h.visitor()
	i, err := h.Begin(t.Context(), &hash, "c", "a=b")
	if err != nil {
		t.Fatal(err)
	}
	load := func(r *http.Request) error {
		_, err := h.Load(t.Context(), httptest.NewRecorder(), r, i.ID)
		return err
	}
	if err := load(mine); err != nil {
		t.Errorf("own browser: %v", err)
	}
	if err := load(theirs); !errors.Is(err, interaction.ErrElsewhere) {
		t.Errorf("another browser: %v", err)
	}
	if err := load(httptest.NewRequest(http.MethodGet, "/", http.NoBody)); !errors.Is(err, interaction.ErrCookiesOff) {
		t.Errorf("no cookies: %v", err)
	}
	h.now = h.now.Add(interaction.Life)
	if err := load(mine); !errors.Is(err, interaction.ErrExpired) {
		t.Errorf("after its life: %v", err)
	}
}

// A posted request becomes one browser's, once.
func TestPostedFlowIsTakenOnce(t *testing.T) {
	h := newHall(t, time.Millisecond)
	i, err := h.Begin(t.Context(), nil, "c", "a=b")
	if err != nil {
		t.Fatal(err)
	}
	var took atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		_, r := h.visitor()
		wg.Go(func() {
			if _, err := h.Load(t.Context(), httptest.NewRecorder(), r, i.ID); err == nil {
				took.Add(1)
			}
		})
	}
	wg.Wait()
	if took.Load() != 1 {
		t.Errorf("%d browsers took it, want 1", took.Load())
	}
}

func TestFlowFinishesOnce(t *testing.T) {
	for _, lag := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond} {
		h := newHall(t, lag)
		hash, r := h.visitor()
		begun, err := h.Begin(t.Context(), &hash, "c", "")
		if err != nil {
			t.Fatal(err)
		}
		var finished atomic.Int64
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				i, err := h.Load(t.Context(), httptest.NewRecorder(), r, begun.ID)
				if err != nil {
					t.Error(err)
					return
				}
				err = h.Finish(t.Context(), i, uuid.New(), h.now)
				switch {
				case err == nil:
					finished.Add(1)
				case !errors.Is(err, accounts.ErrConflict) && !errors.Is(err, interaction.ErrState):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if finished.Load() != 1 {
			t.Errorf("at %v %d finished it, want 1", lag, finished.Load())
		}
	}
}

// Random walks: consent counts only after it was asked of that very session, and
// nothing moves a finished flow.
func TestStepsCannotBeSkipped(t *testing.T) {
	h := newHall(t, 0)
	rapid.Check(t, func(rt *rapid.T) {
		hash, r := h.visitor()
		i, err := h.Begin(t.Context(), &hash, "c", "")
		if err != nil {
			rt.Fatal(err)
		}
		askedOf, finished := "", false
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			sid := rapid.SampledFrom([]string{"s1", "s2"}).Draw(rt, "sid")
			before := *i
			switch rapid.SampledFrom([]string{"in", "ask", "decide", "finish"}).Draw(rt, "step") {
			case "in":
				err = h.SignedIn(t.Context(), i, sid, "")
			case "ask":
				if err = h.AskConsent(t.Context(), i, sid, "", []string{"openid"}); err == nil {
					askedOf = sid
				}
			case "decide":
				err = h.Decide(t.Context(), i, sid, true)
				if err == nil && (before.State != interaction.Consent || askedOf != sid) {
					rt.Fatalf("consent of %s counted; asked was %q in state %s", sid, askedOf, before.State)
				}
			case "finish":
				if err = h.Finish(t.Context(), i, grant.ID{1}, h.now); err == nil {
					finished = true
				}
			}
			if before.State == interaction.Finished && err == nil {
				rt.Fatal("a finished flow moved")
			}
			if err != nil && !errors.Is(err, interaction.ErrState) {
				rt.Fatal(err)
			}
			stored, err := h.Load(t.Context(), httptest.NewRecorder(), r, i.ID)
			if err != nil {
				rt.Fatal(err)
			}
			if stored.State != i.State || (stored.Consented && stored.AskedOf != askedOf) || finished != (stored.State == interaction.Finished) {
				rt.Fatalf("stored %+v, held %+v", stored, i)
			}
		}
	})
}
