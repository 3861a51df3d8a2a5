package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/templates"
)

// The demo data of the contract.
var (
	//go:embed demo/enterprises.json
	demoEnterprises []byte
	//go:embed demo/register.json
	demoRegister []byte
	//go:embed demo/clients.json
	demoClients []byte
)

// demoPassword is that of every demo account.
const demoPassword = "Tongid-demo-2026"

// demoLOA: the simulated registry and the simulated face prove nothing, so they
// count as 2 (contract: acr).
const demoLOA accounts.LOA = 2

type demoEnterprise struct {
	Account        string             `json:"account"`
	USCC           string             `json:"uscc"`
	Name           string             `json:"name"`
	LegalType      accounts.LegalType `json:"legal_type"`
	Status         accounts.Status    `json:"status"`
	Representative string             `json:"representative"`
	ResidentID     string             `json:"resident_id"`
	Phone          string             `json:"phone"`
}

// demoAccounts are what a visitor may sign in with.
func demoAccounts() ([]templates.DemoAccount, error) {
	var list []demoEnterprise
	if err := json.Unmarshal(demoEnterprises, &list); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	var accounts []templates.DemoAccount
	for _, e := range list {
		shown := templates.DemoAccount{Name: e.Name, Account: e.Account, USCC: e.USCC, Status: string(e.Status)}
		if e.Account != "" {
			shown.Password = demoPassword
		}
		accounts = append(accounts, shown)
	}
	people, err := demoPeople()
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		accounts = append(accounts, templates.DemoAccount{
			Name: p.Name, Account: strings.TrimPrefix(p.Phone, "+86"), Password: demoPassword, Status: "active",
		})
	}
	return accounts, nil
}

// seedDemo adds what of the demo data is not there yet. Any number of replicas
// may do it at once, and what somebody changed since stays.
func (s *server) seedDemo(ctx context.Context) error {
	var list []demoEnterprise
	if err := json.Unmarshal(demoEnterprises, &list); err != nil {
		return err
	}
	for _, e := range list {
		if err := s.seedEnterprise(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.USCC, err)
		}
	}
	if err := s.seedRegister(ctx); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	if err := s.seedPersons(ctx); err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	var records []json.RawMessage
	if err := json.Unmarshal(demoClients, &records); err != nil {
		return err
	}
	for _, data := range records {
		reg, err := client.Policy{LocalIssuer: true}.Register(data, s.clock.Now())
		if err != nil {
			return err
		}
		if err := s.db.CreateClient(ctx, reg.Client); err != nil && !errors.Is(err, accounts.ErrConflict) {
			return fmt.Errorf("%s: %w", reg.Client.ID, err)
		}
	}
	return s.registry.Refresh(ctx)
}

// seedRegister adds the entries of the business register that are not there yet,
// of enterprises with an account and of one without.
func (s *server) seedRegister(ctx context.Context) error {
	var list, missing []accounts.RegisterEntry
	if err := json.Unmarshal(demoRegister, &list); err != nil {
		return err
	}
	for _, e := range list {
		_, err := s.db.RegisterEntry(ctx, e.USCC)
		if errors.Is(err, accounts.ErrNotFound) {
			e.AsOf = idnum.DateOf(s.clock.Now()).String()
			missing, err = append(missing, e), nil
		}
		if err != nil {
			return err
		}
	}
	return s.db.PutRegisterEntries(ctx, missing)
}

func (s *server) seedEnterprise(ctx context.Context, e demoEnterprise) error {
	if _, err := s.db.FindEnterprise(ctx, e.USCC); !errors.Is(err, accounts.ErrNotFound) {
		return err // nil: it is there
	}
	now := s.clock.Now()
	account := &accounts.Enterprise{
		ID: accounts.EnterpriseID(uuid.NewString()), Account: e.Account, USCC: e.USCC, Name: e.Name,
		LegalType: e.LegalType, Status: e.Status, Phone: e.Phone, Proofing: demoLOA,
		Representative: accounts.Representative{
			Name: e.Representative, DocType: accounts.DocResidentID, DocNumber: e.ResidentID,
			ValidFrom: "2016-03-01", ValidTo: "2036-03-01",
		},
		AsOf: idnum.DateOf(now).String(), CreatedAt: now, UpdatedAt: now,
	}
	if e.Status != accounts.StatusPendingActivation {
		hash, err := s.hasher.Hash(ctx, demoPassword)
		if err != nil {
			return err
		}
		account.PasswordHash = hash
	}
	err := s.db.CreateEnterprise(ctx, account)
	if errors.Is(err, accounts.ErrConflict) {
		return nil // another replica was faster
	}
	return err
}
