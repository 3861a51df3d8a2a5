package provider

import (
	"fmt"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/letter"
	"github.com/tongid/tongid/templates"
)

// newWizards builds the ways to become known.
func newWizards(d Deps, renderer *templates.Renderer, signIn *accounts.SignIn) (*accounts.Wizards, error) {
	agreements := map[string]string{}
	for _, document := range templates.Agreements() {
		a, err := renderer.Agreement(templates.Chinese, document)
		if err != nil {
			return nil, fmt.Errorf("agreement: %w", err)
		}
		agreements[document] = a.Version + " sha256:" + a.SHA256
	}
	// Messages are in Chinese: their templates are approved word for word.
	text := func(kind string, params map[string]string) (string, error) {
		return renderer.Message(templates.Chinese, kind, params)
	}
	cases := &accounts.Cases{Store: interaction.Cases{Store: d.Stores.Interactions}, Box: d.Box, Now: d.Now}
	key := d.Config.Secrets.Wizard
	return &accounts.Wizards{
		Cases: cases,
		Codes: &accounts.Codes{
			Cases: cases, Attempts: d.Stores.Attempts, Outbox: d.Stores.Outbox, Limits: d.Config.Limits, Key: key,
			Now: d.Now, Text: text,
		},
		Faces: &accounts.Faces{
			Store: cases.Store, Box: d.Box, Gateway: d.Gateways.Face, Now: d.Now,
			Return: func(ticket string) string { return d.Config.Issuer + "/face/phone/" + ticket },
		},
		Register: d.Gateways.Register, Enterprises: d.Stores.Enterprises, Persons: d.Stores.Persons, Changes: d.Stores.Changes,
		Ledger: d.Stores.Ledger, Passwords: d.Hasher, Logins: signIn,
		Rules: accounts.NewPasswordPolicy(accounts.PasswordRules{Sites: []string{d.Config.Brand.Name, d.Config.Brand.NameEN, d.Config.Issuer}}), Attempts: d.Stores.Attempts, Limits: d.Config.Limits, Key: key,
		Policy: accounts.WizardPolicy{
			PersonsPerPhone: d.Config.Wizards.PersonsPerPhone, EnterprisesPerPhone: d.Config.Wizards.EnterprisesPerPhone,
			TellUnknown: d.Config.Wizards.TellUnknown, Agreements: agreements,
		},
		Text: text, Now: d.Now,
	}, nil
}

// newLetters builds the office that issues and verifies letters of authorisation.
func newLetters(d Deps) *letter.Office {
	return &letter.Office{Issuer: d.Config.Issuer, Key: d.Config.Secrets.Letter, Keys: d.Keys, Mandates: d.Stores.Letters, Now: d.Now}
}

// newMandating builds the keeping of mandates. A mandate can be for the portals
// that take agents.
func newMandating(d Deps, w *accounts.Wizards) *accounts.Mandating {
	return &accounts.Mandating{Wizards: w, Mandates: d.Stores.Mandates, Services: func() []string {
		return d.Clients.Serving(accounts.TypeAgent)
	}}
}
