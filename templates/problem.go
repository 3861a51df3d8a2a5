package templates

// Problem is the page for an error that only a person can be told about:
// <main id="page-error" data-error="<code>" data-trace="<trace>">.
type Problem struct {
	Code   string // sentences under problem.<code>; an unknown one reads like "internal"
	Client string // name of the portal, if it is known
	// WaitSeconds is how long until another try makes sense, 0 if unknown.
	WaitSeconds int
	Back        string // where "go back" leads: a page of ours or a portal, empty for none
}

func (Problem) name() string { return "error" }

// Sentences is the code whose sentences are shown.
func (p Problem) Sentences() string {
	if Has("problem." + p.Code + ".title") {
		return p.Code
	}
	return "internal"
}

// ProblemCodes lists every code that the error page knows.
func ProblemCodes() []string { return Codes("problem") }
