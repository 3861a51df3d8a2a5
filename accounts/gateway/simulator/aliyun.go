package simulator

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/tongid/tongid/accounts/gateway/acs3"
)

// cloudAction is one action of Alibaba Cloud.
type cloudAction struct {
	system   string
	version  string
	required []string
	// do answers with a body and the status 200, as the vendor does for everything
	// that its gateway lets through.
	do func(r *http.Request, q url.Values) (any, error)
	// limited is what it answers under flow control, if that is its own affair.
	limited any
}

func (s *Simulator) cloudActions() map[string]cloudAction {
	return map[string]cloudAction{
		"SendSms": {
			system: systemSMS, version: "2017-05-25", do: s.sendSms,
			required: []string{"PhoneNumbers", "SignName", "TemplateCode"},
			limited:  answered("isv.BUSINESS_LIMIT_CONTROL", "minute limit, Permits:1"),
		},
		"QuerySendDetails": {
			system: systemSMS, version: "2017-05-25", do: s.querySendDetails,
			required: []string{"PhoneNumber", "SendDate", "PageSize", "CurrentPage"},
		},
		"InitFaceVerify": {
			system: systemFace, version: "2019-03-07", do: s.initFaceVerify,
			required: []string{"SceneId", "OuterOrderNo", "ProductCode"},
		},
		"DescribeFaceVerify": {
			system: systemFace, version: "2019-03-07", do: s.describeFaceVerify,
			required: []string{"SceneId", "CertifyId"},
		},
	}
}

// cloudAnswer is what every action answers at least. Simulated is ours: nobody
// may mistake this for the real thing.
type cloudAnswer struct {
	RequestID string `json:"RequestId"`
	Code      string `json:"Code"`
	Message   string `json:"Message"`
	Simulated bool   `json:"Simulated"`
}

func answered(code, message string) cloudAnswer {
	return cloudAnswer{RequestID: rand.Text(), Code: code, Message: message, Simulated: true}
}

// aliyun is the vendor's gateway: it checks who asks before it lets an action
// happen.
func (s *Simulator) aliyun(w http.ResponseWriter, r *http.Request) {
	action, known := s.cloudActions()[r.Header.Get("X-Acs-Action")]
	if !known {
		cloudRefuse(w, r, http.StatusNotFound, "InvalidAction.NotFound", "Specified api is not found.")
		return
	}
	if s.cloudMisbehaves(w, r, action) || !s.cloudAdmits(w, r, action) {
		return
	}
	q := r.URL.Query()
	for _, name := range action.required {
		if q.Get(name) == "" {
			cloudRefuse(w, r, http.StatusBadRequest, "Missing"+name, name+" is mandatory for this action.")
			return
		}
	}
	answer, err := action.do(r, q)
	if err != nil {
		cloudRefuse(w, r, http.StatusInternalServerError, "InternalError", "The request processing has failed.")
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Simulator) cloudMisbehaves(w http.ResponseWriter, r *http.Request, action cloudAction) bool {
	how, err := s.misbehave(r, action.system)
	switch {
	case err != nil, how == unavailable:
		cloudRefuse(w, r, http.StatusServiceUnavailable, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
	case how == limited && action.limited != nil:
		writeJSON(w, http.StatusOK, action.limited)
	case how == limited:
		cloudRefuse(w, r, http.StatusBadRequest, "Throttling.User", "Request was denied due to user flow control.")
	default:
		return false
	}
	return true
}

// cloudAdmits checks the signature, the clock and the nonce of a request.
func (s *Simulator) cloudAdmits(w http.ResponseWriter, r *http.Request, action cloudAction) bool {
	data, err := body(w, r)
	if err != nil {
		cloudRefuse(w, r, http.StatusRequestEntityTooLarge, "RequestTooLarge", "The request is too large.")
		return false
	}
	signed, err := acs3.Verify(r, data, s.secret, s.options.Now(), skew)
	status, code, message := http.StatusBadRequest, "", ""
	switch {
	case errors.Is(err, acs3.ErrIncomplete):
		code, message = "IncompleteSignature", "The request signature does not conform to Aliyun standards."
	case errors.Is(err, acs3.ErrDate):
		code, message = "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
	case errors.Is(err, acs3.ErrExpired):
		code, message = "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."
	case errors.Is(err, acs3.ErrKey):
		status, code, message = http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found."
	case err != nil:
		code, message = "SignatureDoesNotMatch", "Specified signature is not matched with our calculation."
	case signed.Call.Version != action.version:
		code, message = "InvalidVersion", "Specified parameter Version is not valid."
	}
	if code == "" {
		used, err := s.spent(r.Context(), "acs3/"+signed.KeyID+"/"+signed.Nonce)
		switch {
		case err != nil:
			status, code, message = http.StatusInternalServerError, "InternalError", "The request processing has failed."
		case used:
			code, message = "SignatureNonceUsed", "Specified signature nonce was used already."
		default:
			return true
		}
	}
	cloudRefuse(w, r, status, code, message)
	return false
}

func cloudRefuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	writeJSON(w, status, struct {
		cloudAnswer

		HostID string `json:"HostId"`
	}{answered(code, message), r.Host})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"internal"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client is gone
}

func china() *time.Location { return time.FixedZone("CST", 8*3600) }
