package mandateapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/client"
)

// MaxQuestions is how many questions a batch may have.
const MaxQuestions = 1000

// verdict is the answer to one question. What it says of the mandate is absent
// where there is none, or none for that service.
type verdict struct {
	Allowed    bool                 `json:"allowed"`
	Reason     accounts.Reason      `json:"reason"`
	Mandate    string               `json:"mandate,omitempty"`
	Subject    string               `json:"sub,omitempty"` // the agent's
	Role       accounts.MandateRole `json:"role,omitempty"`
	Manager    *bool                `json:"manager,omitempty"`
	ValidFrom  string               `json:"valid_from,omitempty"`  // YYYY-MM-DD, inclusive, Asia/Shanghai
	ValidUntil string               `json:"valid_until,omitempty"` // the same; absent: no end in sight
}

// checked is a verdict that stands alone.
type checked struct {
	verdict

	CheckedAt string `json:"checked_at"` // RFC 3339
}

type checkedBatch struct {
	Answers   []verdict `json:"answers"`
	CheckedAt string    `json:"checked_at"`
}

func verdictOf(a accounts.MandateAnswer) verdict {
	v := verdict{Allowed: a.Allowed(), Reason: a.Reason}
	if f := a.Facts; f != nil {
		v.Mandate, v.Subject, v.Role, v.Manager = f.ID, accounts.AgentSubject(f.Enterprise, f.Person), f.Role, &f.Manager
		v.ValidFrom, v.ValidUntil = f.ValidFrom, f.ValidUntil
	}
	return v
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// check answers one question.
func (a *API) check(c echo.Context, by *client.Client) error {
	o, err := readBody(c.Request())
	if err != nil {
		return err
	}
	r := &reading{}
	q := a.question(r, o, "", by)
	if err := r.err(); err != nil {
		return err
	}
	answers, now, err := a.Questions.Ask(c.Request().Context(), []accounts.ServiceQuestion{q})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, checked{verdictOf(answers[0]), stamp(now)})
}

// checkBatch answers many, in order.
func (a *API) checkBatch(c echo.Context, by *client.Client) error {
	o, err := readBody(c.Request())
	if err != nil {
		return err
	}
	r := &reading{}
	list, _ := r.list(o, "", "questions", true)
	if len(list) > MaxQuestions {
		return newProblem(http.StatusRequestEntityTooLarge, CodeTooManyQuestions,
			fmt.Sprintf("%d questions, at most %d", len(list), MaxQuestions))
	}
	asked := make([]accounts.ServiceQuestion, len(list))
	for i, item := range list {
		at := element("/questions", i)
		if one, ok := item.(object); ok {
			asked[i] = a.question(r, one, at, by)
		} else {
			r.fault(at, "want an object")
		}
	}
	if err := r.err(); err != nil {
		return err
	}
	answers, now, err := a.Questions.Ask(c.Request().Context(), asked)
	if err != nil {
		return err
	}
	out := checkedBatch{Answers: make([]verdict, len(answers)), CheckedAt: stamp(now)}
	for i, answer := range answers {
		out.Answers[i] = verdictOf(answer)
	}
	return c.JSON(http.StatusOK, out)
}

// question reads one question.
func (a *API) question(r *reading, o object, at string, by *client.Client) accounts.ServiceQuestion {
	q := accounts.ServiceQuestion{Service: by.ID}
	if text, given := r.text(o, at, "uscc", true); given {
		code, err := idnum.ParseUSCC(text)
		if err != nil {
			r.fault(pointer(at, "uscc"), "is no unified social credit code")
		}
		q.USCC = string(code)
	}
	if agent, given := r.object(o, at, "agent", true); given {
		q.Agent = a.agent(r, agent, pointer(at, "agent"))
	}
	if id, given := r.text(o, at, "service", false); given {
		if _, err := a.Clients.Get(id); err != nil {
			r.fault(pointer(at, "service"), "is no registered client")
		}
		q.Service = id
	}
	return q
}

// agent reads who is asked about: by sub, by phone, or by document.
func (a *API) agent(r *reading, o object, at string) accounts.AgentKey {
	ways := 0
	for _, way := range [][]string{{"sub"}, {"phone"}, {"doc_type", "doc_number"}} {
		for _, name := range way {
			if _, there := o[name]; there {
				ways++
				break
			}
		}
	}
	if ways != 1 {
		r.fault(at, "want exactly one of sub, phone, doc_type with doc_number")
		return accounts.AgentKey{}
	}
	var (
		key  accounts.AgentKey
		err  error
		name string
	)
	if sub, given := r.text(o, at, "sub", false); given {
		name = "sub"
		key, err = accounts.AgentBySubject(sub)
	}
	if phone, given := r.text(o, at, "phone", false); given {
		name = "phone"
		key, err = accounts.AgentByPhone(phone)
	}
	_, byType := o["doc_type"]
	_, byNumber := o["doc_number"]
	if byType || byNumber {
		kind, okKind := r.text(o, at, "doc_type", true)
		number, okNumber := r.text(o, at, "doc_number", true)
		if okKind && okNumber {
			name = "doc_number"
			key, err = accounts.AgentByDocument(accounts.DocType(kind), number, a.Now())
		}
	}
	if err != nil {
		r.fault(pointer(at, name), "is "+err.Error())
	}
	return key
}
