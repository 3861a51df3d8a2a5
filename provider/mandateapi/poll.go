package mandateapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/event"
)

const (
	maxEvents = 100
	maxAcks   = 1000
	// pollLease is how long a token that was handed over may wait to be
	// acknowledged before it is handed over again.
	pollLease = time.Minute
	// pollPatience is how long a poll waits for something to say; a server that
	// stops has to outlast it.
	pollPatience = 8 * time.Second
	pollPause    = time.Second
)

// polled is the answer to a poll (RFC 8936 §2.3).
type polled struct {
	Sets map[string]string `json:"sets"`
	More bool              `json:"moreAvailable,omitempty"`
}

// pollRequest is what a client asks for and acknowledges (RFC 8936 §2.2).
type pollRequest struct {
	max       int
	immediate bool
	ack       []string
	refused   map[string]string // code by jti
}

// poll hands over events and takes acknowledgements.
func (a *API) poll(c echo.Context, by *client.Client) error {
	if by.EventDelivery == "" {
		return newProblem(http.StatusForbidden, CodeNoEvents, "register the client with event_delivery")
	}
	o, err := readBody(c.Request())
	if err != nil {
		return err
	}
	q, err := readPoll(o)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if len(q.ack)+len(q.refused) > 0 {
		if err := a.Events.AcknowledgeEvents(ctx, by.ID, q.ack, q.refused, a.Now()); err != nil {
			return fmt.Errorf("mandateapi: acknowledge: %w", err)
		}
	}
	due, err := a.due(ctx, by.ID, q)
	if err != nil {
		return err
	}
	answer := polled{Sets: map[string]string{}, More: len(due) > 0 && len(due) == q.max}
	for i := range due {
		token, err := a.Tokens.Token(&due[i])
		if err != nil {
			return err
		}
		answer.Sets[due[i].ID] = token
	}
	return c.JSON(http.StatusOK, answer)
}

// due takes what is due, and waits for it if the client wants that and does not
// wait elsewhere.
func (a *API) due(ctx context.Context, id string, q *pollRequest) ([]accounts.EventDelivery, error) {
	wait := !q.immediate && q.max > 0 && a.waiting.enter(id)
	if wait {
		defer a.waiting.leave(id)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	patience := time.NewTimer(pollPatience)
	defer patience.Stop()
	for {
		due, err := a.Events.PollEvents(ctx, id, a.Now(), pollLease, q.max)
		if err != nil {
			return nil, fmt.Errorf("mandateapi: poll: %w", err)
		}
		if len(due) > 0 || !wait {
			return due, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience.C:
			return nil, nil
		case <-time.After(pollPause):
		}
	}
}

func readPoll(o object) (*pollRequest, error) {
	r := &reading{}
	q := &pollRequest{
		max: min(r.count(o, "", "maxEvents", maxEvents), maxEvents), immediate: r.flag(o, "", "returnImmediately"),
		refused: map[string]string{},
	}
	list, _ := r.list(o, "", "ack", false)
	if len(list) > maxAcks {
		r.fault("/ack", fmt.Sprintf("has more than %d entries", maxAcks))
		list = nil
	}
	for i, item := range list {
		id, ok := item.(string)
		switch {
		case !ok:
			r.fault(element("/ack", i), "want a string")
		case ours(id):
			q.ack = append(q.ack, id)
		}
	}
	errs, _ := r.object(o, "", "setErrs", false)
	if len(errs) > maxEvents {
		r.fault("/setErrs", fmt.Sprintf("has more than %d entries", maxEvents))
		errs = nil
	}
	for id := range errs {
		at := pointer("/setErrs", id)
		said, ok := errs[id].(object)
		if !ok {
			r.fault(at, "want an object")
			continue
		}
		code, _ := r.text(said, at, "err", true)
		if !slices.Contains(event.ErrorCodes(), code) {
			code = "other" // what it says besides is not kept
		}
		if ours(id) {
			q.refused[id] = code
		}
	}
	return q, r.err()
}

// ours reports whether a jti may be one of ours. Others are no fault (RFC 8936
// §2.2: what is not known is ignored).
func ours(id string) bool {
	parsed, err := uuid.Parse(id)
	return err == nil && parsed.String() == id
}
