package register

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// HTTPConfig configures a register that speaks the protocol of docs/gateways.md.
type HTTPConfig struct {
	outbound.JSONConfig
}

// Validate lists what is wrong with the configuration.
func (c HTTPConfig) Validate() error {
	faults := c.Faults()
	for i, err := range faults {
		faults[i] = fmt.Errorf("http registry: %w", err)
	}
	return errors.Join(faults...)
}

// HTTP is such a register.
type HTTP struct {
	client *outbound.JSONClient
}

var _ accounts.Register = (*HTTP)(nil)

// NewHTTP returns a gateway of a valid configuration.
func NewHTTP(c HTTPConfig, h outbound.Host) *HTTP {
	return &HTTP{client: outbound.NewJSONClient(c.JSONConfig, h)}
}

// Close lets go of idle connections.
func (g *HTTP) Close() { g.client.Close() }

// Check asks the register's health.
func (g *HTTP) Check(ctx context.Context) error { return g.client.Check(ctx) }

// Claim is what the register is asked; what is empty is not sent.
type Claim struct {
	USCC         string           `json:"uscc"`
	Name         string           `json:"name,omitempty"`
	RepName      string           `json:"rep_name,omitempty"`
	RepDocType   accounts.DocType `json:"rep_id_type,omitempty"`
	RepDocNumber string           `json:"rep_id_number,omitempty"`
}

// Answer is what it says.
type Answer struct {
	USCC        accounts.Verdict        `json:"uscc"`
	Name        accounts.Verdict        `json:"name,omitempty"`
	RepName     accounts.Verdict        `json:"rep_name,omitempty"`
	RepDocument accounts.Verdict        `json:"rep_document,omitempty"`
	Status      accounts.RegisterStatus `json:"status,omitempty"`
	AsOf        string                  `json:"as_of,omitempty"`
	Evidence    string                  `json:"evidence,omitempty"`
	Simulated   bool                    `json:"simulated,omitempty"`
}

// Verify has the register compare a claim. It is a question, so it is asked once
// more when it fails.
func (g *HTTP) Verify(ctx context.Context, c accounts.RegisterClaim) (*accounts.RegisterVerdict, error) {
	var v *accounts.RegisterVerdict
	err := g.client.Ask(ctx, outbound.JSONCall{
		Operation:  "verify",
		Method:     http.MethodPost,
		Path:       "/verify",
		Send:       Claim(c),
		Repeatable: true,
		Read: func(a *outbound.Answer) (err error) {
			v, err = readVerdict(a, c)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	v.Source = g.client.Name()
	return v, nil
}

var evidencePattern = regexp.MustCompile(`^[A-Za-z0-9._:/-]{0,128}$`)

func readVerdict(a *outbound.Answer, c accounts.RegisterClaim) (*accounts.RegisterVerdict, error) {
	var got Answer
	if err := a.JSON(&got); err != nil {
		return nil, err
	}
	v := unknown()
	v.Simulated, v.Evidence = got.Simulated || a.Simulated, got.Evidence
	if !evidencePattern.MatchString(got.Evidence) {
		return nil, outbound.Unreadable("evidence is no reference")
	}
	switch got.USCC {
	case accounts.VerdictUnknown:
		return &v, nil
	case accounts.VerdictMatch:
	default:
		return nil, outbound.Unreadable("neither knows the uscc nor not")
	}
	v.USCC, v.Status, v.AsOf = got.USCC, got.Status, got.AsOf
	for _, field := range []struct {
		into    *accounts.Verdict
		given   accounts.Verdict
		claimed bool
	}{
		{&v.Name, got.Name, c.Name != ""},
		{&v.RepName, got.RepName, c.RepName != ""},
		{&v.RepDocument, got.RepDocument, c.RepDocType != "" && c.RepDocNumber != ""},
	} {
		switch {
		case !slices.Contains([]accounts.Verdict{"", accounts.VerdictUnknown, accounts.VerdictMatch, accounts.VerdictMismatch}, field.given):
			return nil, outbound.Unreadable("no verdict that was agreed")
		case field.claimed && field.given != "":
			*field.into = field.given
		}
	}
	if !slices.Contains(accounts.RegisterStatuses(), v.Status) || !isDate(v.AsOf) {
		return nil, outbound.Unreadable("no status or date that was agreed")
	}
	return &v, nil
}

var usccPattern = regexp.MustCompile(`^[0-9A-Z]{18}$`)

// Fetch reads an entry.
func (g *HTTP) Fetch(ctx context.Context, uscc string) (*accounts.RegisterEntry, error) {
	if !usccPattern.MatchString(uscc) {
		return nil, fmt.Errorf("%s: no uscc: %w", g.client.Name(), accounts.ErrNotFound)
	}
	var entry accounts.RegisterEntry
	err := g.client.Ask(ctx, outbound.JSONCall{
		Operation:  "fetch",
		Method:     http.MethodGet,
		Path:       "/entries/" + uscc,
		Repeatable: true,
		Missing:    func(*outbound.Answer) error { return accounts.ErrNotFound },
		Read: func(a *outbound.Answer) error {
			entry = accounts.RegisterEntry{}
			if err := a.JSON(&entry); err != nil {
				return err
			}
			if entry.USCC != uscc {
				return outbound.Unreadable("another entry than was asked for")
			}
			if what := CheckEntry(&entry); what != "" {
				return outbound.Unreadable(what)
			}
			entry.Simulated = a.Simulated
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	entry.Source = g.client.Name()
	return &entry, nil
}

// CheckEntry names the first field of an entry that is not what it should be, or
// nothing.
func CheckEntry(e *accounts.RegisterEntry) string {
	long := func(limit int, values ...string) bool {
		return slices.ContainsFunc(values, func(s string) bool { return len(s) > limit })
	}
	switch {
	case !usccPattern.MatchString(e.USCC):
		return "uscc"
	case e.Name == "":
		return "name"
	case !e.Type.Valid():
		return "type"
	case !slices.Contains(accounts.RegisterStatuses(), e.Status):
		return "status"
	case e.RepDocType != "" && !slices.Contains(docTypes(), e.RepDocType):
		return "rep_id_type"
	case e.Founded != "" && !isDate(e.Founded):
		return "founded"
	case e.Approved != "" && !isDate(e.Approved):
		return "approved"
	case !isDate(e.AsOf):
		return "as_of"
	case long(600, e.Name, e.RepName, e.RepDocNumber, e.Capital, e.Industry, e.Authority), long(16<<10, e.Address, e.Scope):
		return "a field is too long"
	default:
		return ""
	}
}

func docTypes() []accounts.DocType {
	return []accounts.DocType{
		accounts.DocResidentID, accounts.DocHKMacaoPermit, accounts.DocTaiwanPermit, accounts.DocResidencePermit,
		accounts.DocPermanentResident, accounts.DocPassport,
	}
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
