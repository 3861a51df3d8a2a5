package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

//go:embed demo/persons.json
var demoPersons []byte

// demoPerson is a person of the demo and for whom they may act.
type demoPerson struct {
	Name       string        `json:"name"`
	ResidentID string        `json:"resident_id"`
	Phone      string        `json:"phone"`
	Mandates   []demoMandate `json:"mandates"`
}

type demoMandate struct {
	USCC       string `json:"uscc"`
	ValidFrom  string `json:"valid_from"`
	ValidUntil string `json:"valid_until"`
	Manager    bool   `json:"manager"`
}

func demoPeople() ([]demoPerson, error) {
	var list []demoPerson
	if err := json.Unmarshal(demoPersons, &list); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return list, nil
}

// seedPersons adds the persons that are not there yet.
func (s *server) seedPersons(ctx context.Context) error {
	list, err := demoPeople()
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := s.seedPerson(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) seedPerson(ctx context.Context, p demoPerson) error {
	now := s.clock.Now()
	person := &accounts.Person{
		ID: accounts.PersonID(uuid.NewString()), Name: p.Name, DocType: accounts.DocResidentID, DocNumber: p.ResidentID,
		ValidFrom: "2016-03-01", ValidTo: "2036-03-01", Phone: p.Phone, Status: accounts.StatusActive, Proofing: demoLOA,
		CreatedAt: now, UpdatedAt: now,
	}
	_, err := s.db.FindPerson(ctx, accounts.PersonIdentifier{Phone: p.Phone, Documents: []string{person.DocumentKey()}})
	if err == nil || !errors.Is(err, accounts.ErrNotFound) {
		return err // nil: it is there
	}
	if person.PasswordHash, err = s.hasher.Hash(ctx, demoPassword); err != nil {
		return err
	}
	err = s.db.InTx(ctx, func(tx *database.DB) error { return seedWithMandates(ctx, tx, person, p.Mandates) })
	if errors.Is(err, accounts.ErrConflict) {
		return nil // another replica was faster
	}
	return err
}

// seedWithMandates adds a person and whom they act for, all of it or nothing.
func seedWithMandates(ctx context.Context, tx *database.DB, p *accounts.Person, mandates []demoMandate) error {
	if err := tx.CreatePerson(ctx, p); err != nil {
		return err
	}
	for _, m := range mandates {
		e, err := tx.FindEnterprise(ctx, m.USCC)
		if err != nil {
			return err
		}
		err = tx.CreateMandate(ctx, &accounts.Mandate{
			ID: uuid.NewString(), Enterprise: e.ID, Person: p.ID, Role: accounts.RoleAgent, Grantor: string(e.ID), ValidFrom: m.ValidFrom, ValidUntil: m.ValidUntil,
			Manager: m.Manager, State: accounts.MandateActive, CreatedAt: p.CreatedAt, UpdatedAt: p.CreatedAt,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
