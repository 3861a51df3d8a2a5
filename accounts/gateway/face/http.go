package face

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// HTTPConfig configures a provider that speaks the face protocol of
// docs/gateways.md.
type HTTPConfig struct {
	outbound.JSONConfig

	DocTypes []accounts.DocType // whose holders it can check
}

// Validate lists what is wrong with the configuration.
func (c HTTPConfig) Validate() error {
	faults := c.Faults()
	if len(c.DocTypes) == 0 {
		faults = append(faults, errors.New("no document type is given"))
	}
	for _, t := range c.DocTypes {
		if !slices.Contains(docTypes(), t) {
			faults = append(faults, errors.New("a document type is unknown"))
		}
	}
	return faulty("http face", faults)
}

func docTypes() []accounts.DocType {
	return []accounts.DocType{
		accounts.DocResidentID, accounts.DocHKMacaoPermit, accounts.DocTaiwanPermit, accounts.DocResidencePermit,
		accounts.DocPermanentResident, accounts.DocPassport,
	}
}

// HTTP is such a provider.
type HTTP struct {
	client *outbound.JSONClient
	config HTTPConfig
}

var _ accounts.FaceGateway = (*HTTP)(nil)

// NewHTTP returns a gateway of a valid configuration.
func NewHTTP(c HTTPConfig, h outbound.Host) *HTTP {
	return &HTTP{client: outbound.NewJSONClient(c.JSONConfig, h), config: c}
}

// Close lets go of idle connections.
func (g *HTTP) Close() { g.client.Close() }

// Name is how evidence names the provider.
func (g *HTTP) Name() string { return g.client.Name() }

// Accepts reports whether it can check holders of such a document.
func (g *HTTP) Accepts(t accounts.DocType) bool { return slices.Contains(g.config.DocTypes, t) }

// Check asks the provider's health.
func (g *HTTP) Check(ctx context.Context) error { return g.client.Check(ctx) }

// Order is what the provider is sent.
type Order struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	DocType   accounts.DocType `json:"doc_type"`
	DocNumber string           `json:"doc_number"`
	ReturnURL string           `json:"return_url"`
	UserAgent string           `json:"user_agent"`
}

// Begun is its answer.
type Begun struct {
	Certificate string `json:"certificate"`
	URL         string `json:"url"`
	Simulated   bool   `json:"simulated,omitempty"`
}

// Truth is what it says when it is asked.
type Truth struct {
	State     accounts.FaceState `json:"state"`
	Reason    string             `json:"reason,omitempty"`
	Evidence  string             `json:"evidence,omitempty"`
	Simulated bool               `json:"simulated,omitempty"`
}

// Begin posts an order.
func (g *HTTP) Begin(ctx context.Context, o accounts.FaceOrder) (*accounts.FaceSession, error) {
	if !g.Accepts(o.DocType) {
		return nil, fmt.Errorf("%s: not for this kind of document: %w", g.Name(), accounts.ErrRejected)
	}
	var begun Begun
	err := g.client.Ask(ctx, outbound.JSONCall{
		Operation: "begin",
		Method:    http.MethodPost,
		Path:      "/orders",
		Send:      Order(o),
		Read: func(a *outbound.Answer) error {
			if err := a.JSON(&begun); err != nil {
				return err
			}
			if !certificatePattern.MatchString(begun.Certificate) {
				return outbound.Unreadable("no certificate")
			}
			if err := outbound.CheckPage(begun.URL, g.client.URL()); err != nil {
				return outbound.Unreadable("url " + err.Error())
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &accounts.FaceSession{Certificate: begun.Certificate, URL: begun.URL}, nil
}

// Result asks for the truth. A check that the provider does not know, or no
// longer, has expired.
func (g *HTTP) Result(ctx context.Context, certificate string) (*accounts.FaceResult, error) {
	var result *accounts.FaceResult
	err := g.client.Ask(ctx, outbound.JSONCall{
		Operation:  "result",
		Method:     http.MethodGet,
		Path:       "/orders/" + url.PathEscape(certificate),
		Repeatable: true,
		Read: func(a *outbound.Answer) (err error) {
			result, err = readTruth(a)
			return err
		},
		Missing: func(a *outbound.Answer) error {
			result = &accounts.FaceResult{State: accounts.FaceExpired, Simulated: a.Simulated}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

var evidencePattern = regexp.MustCompile(`^[A-Za-z0-9._:/-]{0,128}$`)

func readTruth(a *outbound.Answer) (*accounts.FaceResult, error) {
	var truth Truth
	if err := a.JSON(&truth); err != nil {
		return nil, err
	}
	states := []accounts.FaceState{
		accounts.FacePending, accounts.FacePassed, accounts.FaceFailed, accounts.FaceExpired, accounts.FaceCancelled,
	}
	if !slices.Contains(states, truth.State) {
		return nil, outbound.Unreadable("no state that was agreed")
	}
	if !evidencePattern.MatchString(truth.Evidence) {
		return nil, outbound.Unreadable("evidence is no reference")
	}
	result := &accounts.FaceResult{
		State: truth.State, Evidence: truth.Evidence, Simulated: truth.Simulated || a.Simulated,
	}
	if truth.State == accounts.FaceFailed {
		result.Reason = accounts.FaceReasonTechnical
		if slices.Contains(Reasons(), truth.Reason) {
			result.Reason = truth.Reason
		}
	}
	return result, nil
}

// Reasons lists why a check can fail.
func Reasons() []string {
	return []string{
		accounts.FaceReasonMismatch, accounts.FaceReasonUnknown, accounts.FaceReasonNoPhoto, accounts.FaceReasonOther,
		accounts.FaceReasonLiveness, accounts.FaceReasonRefused, accounts.FaceReasonTechnical,
	}
}
