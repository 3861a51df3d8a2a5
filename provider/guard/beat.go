package guard

import (
	"time"

	"github.com/labstack/echo/v4"
)

// Beats are more than the work of nearly every answer that they are for.
const (
	// Beat is for answers that hash no password. Nobody notices it.
	Beat = 50 * time.Millisecond
	// HashBeat is for refusals that follow a hash, of whichever system.
	HashBeat = 500 * time.Millisecond
)

// OnBeat makes the answer to c begin a whole number of beats from now, whatever
// it says and however it comes about: outsiders who ask about accounts do not
// learn from the time that one answer took more work than another. (Bucketing: B.
// Köpf and M. Dürmuth, A Provably Secure and Efficient Countermeasure against
// Timing Attacks, 2009.) Who hangs up does not keep it waiting. free lets the
// answer go at once, for who has shown to know already.
func OnBeat(c echo.Context, beat time.Duration) (free func()) {
	begun, held := time.Now(), true //nolint:forbidigo // time is told apart on the real clock
	c.Response().Before(func() {
		if !held {
			return
		}
		timer := time.NewTimer(beat - time.Since(begun)%beat)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.Request().Context().Done():
		}
	})
	return func() { held = false }
}
