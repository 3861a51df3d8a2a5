// Package face has living faces compared with documents: by Alibaba Cloud, and
// by anything that speaks the protocol of docs/gateways.md.
package face

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/aliyunrpc"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

const (
	aliyunVersion = "2019-03-07"
	// aliyunProbe is no check that anybody began: asking for it finds out whether
	// our credentials are taken.
	aliyunProbe = "00000000000000000000000000000000"

	codeOK      = "200"
	codeUnknown = "406" // no such CertifyId, or not any more
)

// certificatePattern is what a provider's name for a check looks like: it goes
// into addresses of ours.
var certificatePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// AliyunConfig configures Alibaba Cloud's 金融级实人认证 (cloudauth).
type AliyunConfig struct {
	aliyunrpc.Config

	SceneID int64
	Model   string // what the person must do: LIVENESS, MULTI_ACTION, MOVE_ACTION, …
}

// Validate lists what is wrong with the configuration.
func (c AliyunConfig) Validate() error {
	faults := c.Faults()
	if c.SceneID <= 0 {
		faults = append(faults, errors.New("scene id is missing"))
	}
	models := []string{"LIVENESS", "PHOTINUS_LIVENESS", "MULTI_ACTION", "MOVE_ACTION", "MOVE_PHOTINUS"}
	if !slices.Contains(models, c.Model) {
		faults = append(faults, fmt.Errorf("model must be one of %v", models))
	}
	return faulty("aliyun face", faults)
}

func faulty(what string, faults []error) error {
	for i, err := range faults {
		faults[i] = fmt.Errorf("%s: %w", what, err)
	}
	return errors.Join(faults...)
}

// Aliyun is Alibaba Cloud's face check on the phone's web page. It checks holders
// of resident identity cards only.
type Aliyun struct {
	client *aliyunrpc.Client
	config AliyunConfig
}

var _ accounts.FaceGateway = (*Aliyun)(nil)

// NewAliyun returns a gateway of a valid configuration.
func NewAliyun(c AliyunConfig, h outbound.Host) *Aliyun {
	return &Aliyun{client: aliyunrpc.New(c.Config, aliyunVersion, h), config: c}
}

// Close lets go of idle connections.
func (a *Aliyun) Close() { a.client.Close() }

// Name is how evidence names the provider.
func (a *Aliyun) Name() string { return a.client.Name() }

// Accepts reports whether it can check holders of such a document.
func (a *Aliyun) Accepts(t accounts.DocType) bool { return t == accounts.DocResidentID }

type aliyunAnswer struct {
	Code      string `json:"Code"`
	Simulated bool   `json:"Simulated"` // of our simulator alone
	Result    struct {
		CertifyID  string `json:"CertifyId"`
		CertifyURL string `json:"CertifyUrl"`
		Passed     string `json:"Passed"`
		SubCode    string `json:"SubCode"`
	} `json:"ResultObject"`
}

// Begin has the vendor prepare a check. The vendor tests a callback address
// before it begins; we give none, for we ask for the truth ourselves.
func (a *Aliyun) Begin(ctx context.Context, o accounts.FaceOrder) (*accounts.FaceSession, error) {
	if !a.Accepts(o.DocType) {
		return nil, fmt.Errorf("%s: not for this kind of document: %w", a.Name(), accounts.ErrRejected)
	}
	session := &accounts.FaceSession{}
	err := a.client.Do(ctx, a.client.Call("InitFaceVerify", url.Values{
		"SceneId":         {strconv.FormatInt(a.config.SceneID, 10)},
		"OuterOrderNo":    {o.ID},
		"ProductCode":     {"ID_PRO"},
		"Model":           {a.config.Model},
		"CertType":        {"IDENTITY_CARD"},
		"CertName":        {o.Name},
		"CertNo":          {o.DocNumber},
		"ReturnUrl":       {o.ReturnURL},
		"MetaInfo":        {metaInfo(o.UserAgent)},
		"CertifyUrlType":  {"H5"},
		"CertifyUrlStyle": {"L"}, // their short addresses do not open everywhere
	}, false, func(answer *outbound.Answer) error {
		got, err := readAliyun(answer)
		if err != nil {
			return err
		}
		if !certificatePattern.MatchString(got.Result.CertifyID) {
			return outbound.Unreadable("no CertifyId")
		}
		if err := outbound.CheckPage(got.Result.CertifyURL, a.client.Endpoint()); err != nil {
			return outbound.Unreadable("CertifyUrl " + err.Error())
		}
		session.Certificate, session.URL = got.Result.CertifyID, got.Result.CertifyURL
		return nil
	}))
	if err != nil {
		return nil, err
	}
	return session, nil
}

// metaInfo describes the phone's browser as the vendor's script on a page of
// ours would; we run no script of others.
func metaInfo(userAgent string) string {
	data, err := json.Marshal(map[string]string{
		"zimVer": "3.0.0", "appVersion": "1", "bioMetaInfo": "4.1.0:11501568,0", "appName": "com.aliyun.antcloudauth",
		"deviceType": "h5", "osVersion": "", "apdidToken": "", "deviceModel": "", "ua": userAgent,
	})
	if err != nil { // strings can always be written
		return "{}"
	}
	return string(data)
}

// Result asks for the truth. A check that the vendor does not know, or no longer,
// has expired: it keeps them for 30 minutes.
func (a *Aliyun) Result(ctx context.Context, certificate string) (*accounts.FaceResult, error) {
	var result *accounts.FaceResult
	err := a.client.Do(ctx, a.describe(certificate, func(answer *outbound.Answer) (err error) {
		result, err = readResult(answer, certificate)
		return err
	}))
	if err != nil {
		return nil, err
	}
	return result, nil
}

// Check asks for a check that nobody began.
func (a *Aliyun) Check(ctx context.Context) error {
	return a.client.Check(ctx, a.describe(aliyunProbe, func(answer *outbound.Answer) error {
		_, err := readResult(answer, aliyunProbe)
		return err
	}))
}

func (a *Aliyun) describe(certificate string, read func(*outbound.Answer) error) outbound.Call {
	return a.client.Call("DescribeFaceVerify", url.Values{
		"SceneId":   {strconv.FormatInt(a.config.SceneID, 10)},
		"CertifyId": {certificate},
	}, true, read)
}

func readAliyun(a *outbound.Answer) (*aliyunAnswer, error) {
	var got aliyunAnswer
	if err := a.JSON(&got); err != nil {
		return nil, err
	}
	switch got.Code {
	case codeOK:
		return &got, nil
	case "":
		return nil, outbound.Unreadable("no Code")
	case "400", "401": // a parameter is empty or illegal: the person's, since the rest is always the same
		return nil, outbound.Rejected(got.Code)
	case "418": // this person failed too often today
		return nil, outbound.Limited(got.Code)
	default:
		return &got, aliyunrpc.Refusal(got.Code)
	}
}

// readResult takes a pass only from an answer that says so twice. An answer
// without a reason is that of a check nobody has finished.
func readResult(answer *outbound.Answer, certificate string) (*accounts.FaceResult, error) {
	got, err := readAliyun(answer)
	if got != nil && got.Code == codeUnknown {
		return &accounts.FaceResult{State: accounts.FaceExpired, Simulated: answer.Simulated || got.Simulated}, nil
	}
	if err != nil {
		return nil, err
	}
	result := &accounts.FaceResult{Evidence: certificate, Simulated: answer.Simulated || got.Simulated}
	passed, sub := got.Result.Passed, got.Result.SubCode
	switch {
	case passed == "T" && sub == codeOK:
		result.State = accounts.FacePassed
	case passed == "T", passed == "F" && sub == codeOK:
		return nil, outbound.Unreadable("it says yes and no")
	case passed == "F" && sub != "":
		result.State, result.Reason = accounts.FaceFailed, reason(sub)
	case passed == "F", passed == "":
		result.State = accounts.FacePending
	default:
		return nil, outbound.Unreadable("neither passed nor failed")
	}
	return result, nil
}

func reason(subCode string) string {
	switch subCode {
	case "201":
		return accounts.FaceReasonMismatch
	case "202":
		return accounts.FaceReasonUnknown
	case "203":
		return accounts.FaceReasonNoPhoto
	case "204":
		return accounts.FaceReasonOther
	case "205":
		return accounts.FaceReasonLiveness
	case "206":
		return accounts.FaceReasonRefused
	default:
		return accounts.FaceReasonTechnical
	}
}
