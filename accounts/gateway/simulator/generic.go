package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/face"
	"github.com/tongid/tongid/accounts/gateway/hmacsig"
)

// endpoint is one of a generic protocol.
type endpoint struct {
	system string
	do     func(r *http.Request, body []byte) (status int, answer any, err error)
}

// problem is how a generic protocol says no.
type problem struct {
	Error string `json:"error"`
}

// generic checks who asks before it lets an endpoint happen.
func (s *Simulator) generic(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		how, err := s.misbehave(r, e.system)
		switch {
		case err != nil, how == unavailable:
			writeJSON(w, http.StatusServiceUnavailable, problem{"unavailable"})
			return
		case how == limited:
			writeJSON(w, http.StatusTooManyRequests, problem{"flow_control"})
			return
		}
		data, err := body(w, r)
		if err != nil {
			writeJSON(w, http.StatusRequestEntityTooLarge, problem{"too_large"})
			return
		}
		if status, code := s.admits(r, data); code != "" {
			writeJSON(w, status, problem{code})
			return
		}
		status, answer, err := e.do(r, data)
		if err != nil {
			status, answer = http.StatusInternalServerError, problem{"internal"}
		}
		writeJSON(w, status, answer)
	}
}

func (s *Simulator) admits(r *http.Request, data []byte) (status int, code string) {
	signed, err := hmacsig.Verify(r, data, s.secret, s.options.Now(), skew)
	switch {
	case errors.Is(err, hmacsig.ErrIncomplete):
		return http.StatusUnauthorized, "unsigned"
	case errors.Is(err, hmacsig.ErrExpired):
		return http.StatusUnauthorized, "clock_skew"
	case errors.Is(err, hmacsig.ErrKey):
		return http.StatusUnauthorized, "unknown_key"
	case err != nil:
		return http.StatusUnauthorized, "bad_signature"
	}
	used, err := s.spent(r.Context(), "hmac/"+signed.KeyID+"/"+signed.Nonce)
	switch {
	case err != nil:
		return http.StatusInternalServerError, "internal"
	case used:
		return http.StatusConflict, "nonce_used"
	default:
		return 0, ""
	}
}

func healthy(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"}, nil
}

func decode(data []byte, into any) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into) == nil && !d.More()
}

// message is what the generic provider of messages takes: a text with its sign.
type message struct {
	ID      string            `json:"id"`
	Phone   string            `json:"phone"`
	Purpose string            `json:"purpose"`
	Kind    string            `json:"kind"`
	Params  map[string]string `json:"params"`
	Text    string            `json:"text"`
}

func (s *Simulator) acceptMessage(r *http.Request, data []byte) (int, any, error) {
	var m message
	refuse := func(code string) (int, any, error) { return http.StatusUnprocessableEntity, problem{code}, nil }
	switch {
	case !decode(data, &m):
		return http.StatusBadRequest, problem{"bad_json"}, nil
	case m.ID == "" || m.Text == "":
		return refuse("missing_field")
	case !phonePattern.MatchString(m.Phone):
		return refuse("bad_number")
	case !strings.HasPrefix(m.Text, "【"+s.options.SignName+"】"):
		return refuse("sign_not_approved")
	}
	if m.Kind == kindCode {
		limit, err := s.exceeded(r.Context(), m.Phone, providerHTTP)
		if err != nil {
			return 0, nil, err
		}
		if limit != "" {
			return http.StatusTooManyRequests, problem{"flow_control"}, nil
		}
	}
	id, err := s.deliver(r.Context(), stored{
		SentMessage: SentMessage{Phone: m.Phone, Text: m.Text, Code: m.Params["code"], Purpose: purposeOf(m.Purpose, m.Params)},
		Provider:    providerHTTP, Kind: m.Kind, OutID: m.ID,
	})
	return http.StatusOK, struct {
		Code    string `json:"code"`
		Receipt string `json:"receipt"`
	}{"ok", id}, err
}

func (s *Simulator) tellReceipt(r *http.Request, _ []byte) (int, any, error) {
	var found receipt
	err := load(r.Context(), s.options.Store, topicReceipt, digest(r.PathValue("receipt")), &found)
	if errors.Is(err, accounts.ErrNotFound) {
		return http.StatusNotFound, problem{"not_found"}, nil
	}
	return http.StatusOK, struct {
		State accounts.Delivery `json:"state"`
	}{s.delivery(found)}, err
}

func (s *Simulator) acceptOrder(r *http.Request, data []byte) (int, any, error) {
	var o face.Order
	refuse := func(code string) (int, any, error) { return http.StatusUnprocessableEntity, problem{code}, nil }
	switch {
	case !decode(data, &o):
		return http.StatusBadRequest, problem{"bad_json"}, nil
	case o.ID == "" || o.Name == "" || o.DocType == "" || o.DocNumber == "" || o.ReturnURL == "":
		return refuse("missing_field")
	case !orderPattern.MatchString(o.ID):
		return refuse("bad_id")
	case o.DocType == accounts.DocResidentID && !residentPattern.MatchString(o.DocNumber):
		return refuse("bad_document")
	}
	check, err := s.begin(r.Context(), o.ID, o.Name, o.ReturnURL)
	if errors.Is(err, errOrderUsed) {
		return http.StatusConflict, problem{"order_used"}, nil
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, face.Begun{
		Certificate: check.Certificate, URL: s.options.FacePage(check.Certificate), Simulated: true,
	}, nil
}

func (s *Simulator) tellTruth(r *http.Request, _ []byte) (int, any, error) {
	check, err := s.Face(r.Context(), r.PathValue("id"))
	if errors.Is(err, accounts.ErrNotFound) {
		return http.StatusNotFound, problem{"not_found"}, nil
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, face.Truth{
		State: check.State, Reason: check.Reason, Evidence: check.Certificate, Simulated: true,
	}, nil
}
