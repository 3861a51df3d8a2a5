package simulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/face"
)

const faceLife = 30 * time.Minute

var (
	orderPattern    = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)
	residentPattern = regexp.MustCompile(`^[1-9][0-9]{16}[0-9X]$`)
)

// FaceCheck is a simulated check. Of the person it keeps the name, for the page
// where somebody plays the face.
type FaceCheck struct {
	Certificate string             `json:"certificate"`
	Name        string             `json:"name"`
	ReturnURL   string             `json:"return_url"`
	State       accounts.FaceState `json:"state"`
	Reason      string             `json:"reason"`
	Begun       time.Time          `json:"begun"`
}

// Face returns a check as it stands; accounts.ErrNotFound if there is none.
func (s *Simulator) Face(ctx context.Context, certificate string) (*FaceCheck, error) {
	var check FaceCheck
	if err := load(ctx, s.options.Store, topicFace, digest(certificate), &check); err != nil {
		return nil, err
	}
	if check.State == accounts.FacePending && !s.options.Now().Before(check.Begun.Add(faceLife)) {
		check.State = accounts.FaceExpired
	}
	return &check, nil
}

// SetFace plays the person: result is pass, fail, cancel or expire; reason, of a
// failure, is one of accounts.FaceReason…, other_face if empty. A check is decided
// once: afterwards it is accounts.ErrConflict.
func (s *Simulator) SetFace(ctx context.Context, certificate, result, reason string) error {
	state, ok := map[string]accounts.FaceState{
		"pass": accounts.FacePassed, "fail": accounts.FaceFailed, "cancel": accounts.FaceCancelled, "expire": accounts.FaceExpired,
	}[result]
	switch {
	case !ok:
		return invalid("result must be pass, fail, cancel or expire")
	case state != accounts.FaceFailed:
		reason = ""
	case reason == "":
		reason = accounts.FaceReasonOther
	case !slices.Contains(face.Reasons(), reason):
		return invalid("no such reason")
	}
	s.faces.Lock()
	defer s.faces.Unlock()
	check, err := s.Face(ctx, certificate)
	if err != nil {
		return err
	}
	if check.State != accounts.FacePending {
		return accounts.ErrConflict
	}
	check.State, check.Reason = state, reason
	return save(ctx, s.options.Store, topicFace, digest(certificate), check, memory)
}

var errOrderUsed = errors.New("simulator: this order was begun before")

// begin opens a check, once per order.
func (s *Simulator) begin(ctx context.Context, orderID, name, returnURL string) (*FaceCheck, error) {
	s.faces.Lock()
	defer s.faces.Unlock()
	_, err := s.options.Store.Get(ctx, topicOrder, digest(orderID))
	if err == nil {
		return nil, errOrderUsed
	}
	if !errors.Is(err, accounts.ErrNotFound) {
		return nil, err
	}
	check := &FaceCheck{
		Certificate: "sim" + rand.Text(), Name: name, ReturnURL: returnURL,
		State: accounts.FacePending, Begun: s.options.Now().UTC(),
	}
	if err := s.options.Store.Put(ctx, topicOrder, digest(orderID), []byte("1"), memory); err != nil {
		return nil, err
	}
	return check, save(ctx, s.options.Store, topicFace, digest(check.Certificate), check, memory)
}

type faceAnswer struct {
	cloudAnswer

	ResultObject faceResult
}

type faceResult struct {
	CertifyID    string `json:"CertifyId,omitempty"`
	CertifyURL   string `json:"CertifyUrl,omitempty"`
	Passed       string `json:",omitempty"`
	SubCode      string `json:",omitempty"`
	MaterialInfo string `json:",omitempty"`
}

func (s *Simulator) initFaceVerify(r *http.Request, q url.Values) (any, error) {
	switch {
	case q.Get("SceneId") != strconv.FormatInt(s.options.SceneID, 10):
		return answered("404", "scene does not exist"), nil
	case q.Get("CertName") == "" || q.Get("CertNo") == "" || q.Get("MetaInfo") == "" || q.Get("ReturnUrl") == "":
		return answered("400", "a parameter is empty"), nil
	case !orderPattern.MatchString(q.Get("OuterOrderNo")), q.Get("ProductCode") != "ID_PRO", q.Get("CertType") != "IDENTITY_CARD",
		!residentPattern.MatchString(q.Get("CertNo")), !json.Valid([]byte(q.Get("MetaInfo"))):
		return answered("401", "a parameter is illegal"), nil
	}
	check, err := s.begin(r.Context(), q.Get("OuterOrderNo"), q.Get("CertName"), q.Get("ReturnUrl"))
	if errors.Is(err, errOrderUsed) {
		return answered("401", "OuterOrderNo was used"), nil
	}
	if err != nil {
		return nil, err
	}
	return faceAnswer{answered("200", "success"), faceResult{
		CertifyID: check.Certificate, CertifyURL: s.options.FacePage(check.Certificate),
	}}, nil
}

// describeFaceVerify knows no cancelled checks, like the vendor: whoever gives up
// leaves one that nobody finished.
func (s *Simulator) describeFaceVerify(r *http.Request, q url.Values) (any, error) {
	if q.Get("SceneId") != strconv.FormatInt(s.options.SceneID, 10) {
		return answered("404", "scene does not exist"), nil
	}
	check, err := s.Face(r.Context(), q.Get("CertifyId"))
	if errors.Is(err, accounts.ErrNotFound) || err == nil && check.State == accounts.FaceExpired {
		return answered("406", "CertifyId is not valid"), nil
	}
	if err != nil {
		return nil, err
	}
	result := faceResult{Passed: "F"}
	switch check.State {
	case accounts.FacePassed:
		result.Passed, result.SubCode = "T", "200"
	case accounts.FaceFailed:
		result.SubCode = subCode(check.Reason)
	default:
	}
	return faceAnswer{answered("200", "success"), result}, nil
}

func subCode(reason string) string {
	switch reason {
	case accounts.FaceReasonMismatch:
		return "201"
	case accounts.FaceReasonUnknown:
		return "202"
	case accounts.FaceReasonNoPhoto:
		return "203"
	case accounts.FaceReasonOther:
		return "204"
	case accounts.FaceReasonLiveness:
		return "205"
	case accounts.FaceReasonRefused:
		return "206"
	default:
		return "209"
	}
}
