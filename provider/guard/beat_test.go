package guard_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/provider/guard"
)

// Whatever an answer is and however long it takes to find, it begins on a beat.
func TestOnBeat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		work time.Duration
		fail error
		want time.Duration
	}{
		{"at once", 0, nil, guard.Beat},
		{"short", 3 * time.Millisecond, nil, guard.Beat},
		{"a little longer", 4 * time.Millisecond, nil, guard.Beat},
		{"an error", 5 * time.Millisecond, errors.New("it went wrong"), guard.Beat},
		{"one beat over", guard.Beat + time.Millisecond, nil, 2 * guard.Beat},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				took := beaten(t.Context(), test.work, test.fail, false)
				if took != test.want {
					t.Errorf("answered after %v, want %v", took, test.want)
				}
			})
		})
	}
}

func TestOnBeatOfOneWhoHungUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if took := beaten(ctx, time.Millisecond, nil, false); took != 10*time.Millisecond {
			t.Errorf("waited %v for one who hung up after 10 ms", took)
		}
	})
}

func TestOnBeatSetFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if took := beaten(t.Context(), time.Millisecond, nil, true); took != time.Millisecond {
			t.Errorf("waited %v, want the millisecond that the work took", took)
		}
	})
}

// beaten is how long it takes until an answer begins that needs so much work.
func beaten(ctx context.Context, work time.Duration, fail error, freed bool) time.Duration {
	e := echo.New()
	var began time.Time
	e.GET("/", func(c echo.Context) error {
		free := guard.OnBeat(c, guard.Beat)
		if freed {
			free()
		}
		c.Response().Before(func() { began = time.Now() })
		time.Sleep(work)
		if fail != nil {
			return fail
		}
		return c.Redirect(http.StatusSeeOther, "/next")
	})
	start := time.Now()
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody))
	return began.Sub(start)
}
