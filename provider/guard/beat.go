package guard

import (
	"time"

	"github.com/labstack/echo/v4"
)

// Beat is what OnBeat rounds up to. It is more than the work of nearly every
// answer that it is for, and less than anybody notices.
const Beat = 50 * time.Millisecond

// OnBeat makes the answer to c begin a whole number of beats from now, whatever
// it says and however it comes about: outsiders who ask about accounts do not
// learn from the time that one answer took more work than another. (Bucketing: B.
// Köpf and M. Dürmuth, A Provably Secure and Efficient Countermeasure against
// Timing Attacks, 2009.) Who hangs up does not keep it waiting.
func OnBeat(c echo.Context) {
	begun := time.Now() //nolint:forbidigo // time is told apart on the real clock
	c.Response().Before(func() {
		timer := time.NewTimer(Beat - time.Since(begun)%Beat)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.Request().Context().Done():
		}
	})
}
