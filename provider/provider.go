package provider

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/cookie"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/oauth"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// doors are the account types whose sign-in pages exist.
func doors() []accounts.Type { return accounts.Types() }

// Provider answers everything on the main listener but the health checks.
type Provider struct {
	http.Handler

	// Feed tells portals what happened; it works beside requests.
	Feed *accounts.EventFeed
	// Wizards are the ways to become known; work that goes on beside requests
	// needs them too.
	Wizards *accounts.Wizards
	// Reminders tell agents that their mandates end soon.
	Reminders *accounts.Reminders
}

// New builds the provider.
func New(d Deps) (*Provider, error) {
	secure := strings.HasPrefix(d.Config.Issuer, "https://")
	jar := cookie.Jar{Secure: secure}
	flow := &interaction.Flow{Store: d.Stores.Interactions, Jar: jar, Now: d.Now}
	sessions := &session.Manager{
		Store: d.Stores.Sessions, Grants: d.Stores.Grants, Standings: d.Stores.Standings, Jar: jar, Life: d.Config.Lifetimes.Session, Now: d.Now,
	}
	renderer := d.Templates
	if renderer == nil {
		var err error
		if renderer, err = templates.New(d.Config.Brand); err != nil {
			return nil, fmt.Errorf("provider: templates: %w", err)
		}
	}
	signIn := &accounts.SignIn{
		Enterprises: d.Stores.Enterprises, Persons: d.Stores.Persons, Mandates: d.Stores.Mandates,
		Attempts: d.Stores.Attempts, Passwords: d.Hasher,
		Limits: d.Config.Limits, CounterKey: d.Config.Secrets.Lockout, Now: d.Now,
	}
	wizards, err := newWizards(d, renderer, signIn)
	if err != nil {
		return nil, fmt.Errorf("provider: wizards: %w", err)
	}
	actors := &interaction.Actors{
		Mandates: d.Stores.Mandates, Standings: d.Stores.Standings, Memory: interaction.Memory{Jar: jar}, Now: d.Now,
	}
	ui, err := newPages(d, renderer, wizards, signIn, flow, actors, sessions)
	if err != nil {
		return nil, fmt.Errorf("provider: pages: %w", err)
	}
	protocol, err := oauth.New(oauth.Deps{
		Issuer: d.Config.Issuer, TokenKey: d.Config.Secrets.Token, Doors: doors(), Locales: templates.Languages(),
		Life: oauth.Lifetimes{
			Code: d.Config.Lifetimes.Code, AccessToken: d.Config.Lifetimes.AccessToken,
			IDToken: d.Config.Lifetimes.IDToken, RefreshIdle: d.Config.Lifetimes.RefreshIdle,
			RefreshAbsolute: d.Config.Lifetimes.RefreshAbsolute, RefreshGrace: d.Config.Lifetimes.RefreshGrace,
		},
		Clients: d.Clients, Keys: d.Keys, Grants: d.Stores.Grants, Codes: d.Stores.Codes, Tokens: d.Stores.Tokens,
		Consents: d.Stores.Consents, Sessions: sessions, Flow: flow, Actors: actors, Challenges: d.Stores.Challenges,
		Pages: protocolPages{ui}, KeySets: oauth.NewFetcher(d.Config.EgressAllow, d.Now), Now: d.Now, Log: d.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("provider: protocol: %w", err)
	}
	e := echo.New()
	if err := mount(e, d, secure, protocol, ui, newMandateAPI(d, protocol)); err != nil {
		return nil, fmt.Errorf("provider: routes: %w", err)
	}
	reminders := &accounts.Reminders{Wizards: wizards, Endings: d.Stores.Endings}
	return &Provider{Handler: e, Feed: newFeed(d), Wizards: wizards, Reminders: reminders}, nil
}
