package templates

import (
	"errors"
	"net/url"
	"strconv"
)

// steps is the bar above a wizard's page.
type steps struct{ Items []step }

type step struct {
	Number int
	Name   string
	State  string // done, current, next
}

// newSteps makes a step bar of catalogue keys; current counts from 1.
func (v vocabulary) newSteps(current int, keys ...string) (steps, error) {
	if current < 1 || current > len(keys) {
		return steps{}, errors.New("steps: current is none of them")
	}
	var s steps
	for i, key := range keys {
		name, err := v.text(key)
		if err != nil {
			return s, err
		}
		state := "current"
		if i+1 < current {
			state = "done"
		} else if i+1 > current {
			state = "next"
		}
		s.Items = append(s.Items, step{Number: i + 1, Name: name, State: state})
	}
	return s, nil
}

// actSteps is the bar above a face check: the one of the wizard that it is a part
// of, or none.
func (v vocabulary) actSteps(act string) (steps, error) {
	switch act {
	case "register-enterprise", "register-person":
		return v.newSteps(2, "step.form", "step.face", "step.registered")
	case "activate":
		return v.newSteps(2, "step.information", "step.sms", "step.account", "step.activated")
	case "recover-enterprise", "recover-person":
		return v.newSteps(2, "step.confirm", "step.sms", "step.password")
	case "enterprise-change":
		return v.newSteps(2, "step.form", "step.face", "step.done")
	case "phone-person":
		return v.newSteps(2, "step.identity", "step.phone", "step.done")
	default:
		return steps{}, nil
	}
}

// pageLinks leads through a long list.
type pageLinks struct {
	Before, After string // addresses, empty at the ends
	Items         []pageLink
}

type pageLink struct {
	Number  int
	URL     string
	Current bool
	Gap     bool
}

// newPages makes links to the first, the last and the neighbours of the current
// page of a list at path, as ?page=N.
func newPages(path string, current, last int) pageLinks {
	at := func(n int) string { return path + "?" + url.Values{"page": {strconv.Itoa(n)}}.Encode() }
	var p pageLinks
	if current > 1 {
		p.Before = at(current - 1)
	}
	if current < last {
		p.After = at(current + 1)
	}
	shown := 0
	for n := 1; n <= last; n++ {
		if n != 1 && n != last && (n < current-1 || n > current+1) {
			continue
		}
		if n > shown+1 {
			p.Items = append(p.Items, pageLink{Gap: true})
		}
		p.Items = append(p.Items, pageLink{Number: n, URL: at(n), Current: n == current})
		shown = n
	}
	return p
}

// term is how long an identity document is valid.
type term struct{ Term, From, To field }

// newTerm makes the fields <prefix>_term, <prefix>_from and <prefix>_to.
func (v vocabulary) newTerm(s screen, prefix, years, from, to string) (term, error) {
	var t term
	var all []choice
	for _, value := range []string{"5", "10", "20", "long"} {
		c, err := v.choice(value, "term."+value, years)
		if err != nil {
			return t, err
		}
		all = append(all, c)
	}
	var faults [3]error
	t.Term, faults[0] = v.newField(s, prefix+"_term", "label", "term.label", "choices", all, "marked", true)
	t.From, faults[1] = v.newField(s, prefix+"_from", "type", "date", "label", "term.from", "placeholder", "term.from.placeholder", "value", from, "marked", true)
	t.To, faults[2] = v.newField(s, prefix+"_to", "type", "date", "label", "term.to", "placeholder", "term.to.placeholder", "hint", "term.to.hint", "value", to, "optional", true, "marked", true)
	return t, errors.Join(faults[:]...)
}
