package interaction

import (
	"strconv"
	"time"
)

// ProblemError is an error that a person is told about on the error page, because
// there is nobody else to tell: a request from an unknown client, a flow that
// cannot go on. Code names the page's sentence in templates.
type ProblemError struct {
	Status int
	Code   string
	Wait   time.Duration // until another try makes sense, 0 if that is not known
}

func (p *ProblemError) Error() string { return "problem " + strconv.Itoa(p.Status) + ": " + p.Code }
