package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/face"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/register"
	"github.com/tongid/tongid/cmd/tongid/config"
)

// gateways are the ways to the systems outside. Without providers of short
// messages or of face checks, the fields are nil.
type gateways struct {
	messages accounts.MessageGateway
	face     accounts.FaceGateway
	register accounts.Register

	systems []system
	closers []func()
}

// system is one of them, as operators see it.
type system struct {
	name  string // sms, sms/NAME, face, register
	check func(ctx context.Context) error
}

// registerSource is how evidence calls the local copy of the register.
const registerSource = "local"

// newGateways makes the gateways of a valid configuration. It calls nobody.
func newGateways(c *config.Config, table accounts.RegisterTable, host outbound.Host) (gateways, error) {
	var g gateways
	if err := g.openSMS(c.SMS, host); err != nil {
		return g, err
	}
	switch {
	case c.Face.Aliyun != nil:
		opened := face.NewAliyun(*c.Face.Aliyun, host)
		g.face, g.closers = opened, append(g.closers, opened.Close)
	case c.Face.HTTP != nil:
		opened := face.NewHTTP(*c.Face.HTTP, host)
		g.face, g.closers = opened, append(g.closers, opened.Close)
	}
	if g.face != nil {
		g.systems = append(g.systems, system{"face", g.face.Check})
	}
	g.register = register.NewTable(table, registerSource, nil)
	if c.Register != nil {
		opened := register.NewHTTP(*c.Register, host)
		g.register, g.closers = opened, append(g.closers, opened.Close)
	}
	g.systems = append(g.systems, system{"register", g.register.Check})
	return g, nil
}

// openSMS makes the chain of providers. As a system of its own it works as long
// as one of them does.
func (g *gateways) openSMS(list []config.SMS, host outbound.Host) error {
	if len(list) == 0 {
		return nil
	}
	var providers []message.Provider
	var single []system
	for _, p := range list {
		var opened interface {
			accounts.MessageGateway
			Close()
		}
		if p.Aliyun != nil {
			opened = message.NewAliyun(*p.Aliyun, host)
		} else {
			described, err := message.NewHTTP(*p.HTTP, host)
			if err != nil {
				return err
			}
			opened = described
		}
		providers = append(providers, message.Provider{Name: p.Name(), Gateway: opened})
		single = append(single, system{"sms/" + p.Name(), opened.Check})
		g.closers = append(g.closers, opened.Close)
	}
	chain, err := message.NewChain(providers...)
	if err != nil {
		return err
	}
	g.messages = chain
	g.systems = append(g.systems, system{"sms", chain.Check})
	if len(single) > 1 {
		g.systems = append(g.systems, single...)
	}
	return nil
}

// close lets go of connections.
func (g *gateways) close() {
	for _, c := range g.closers {
		c()
	}
}

// reason is what a system's failure says to an operator. Gateways' errors hold no
// personal data and no secret.
func reason(err error) string {
	text := strings.ReplaceAll(err.Error(), ": "+accounts.ErrUnavailable.Error(), "")
	return strings.Join(strings.Fields(text), " ")
}

// watchOutside asks the systems outside how they are, each by itself: they decide
// nothing about readiness, and a slow one keeps no other waiting.
func (s *server) watchOutside(ctx context.Context) {
	for _, o := range s.outside.systems {
		s.repeat(ctx, "check "+o.name, askEvery, func(ctx context.Context) error {
			bounded, cancel := context.WithTimeout(ctx, askWithin)
			defer cancel()
			s.noteOutside(ctx, o.name, o.check(bounded))
			return nil
		})
	}
}

// noteOutside keeps what came of a check, and logs what changed.
func (s *server) noteOutside(ctx context.Context, name string, err error) {
	if ctx.Err() != nil {
		return // called off, which says nothing
	}
	up := 1.0
	if err != nil {
		up = 0
	}
	s.metrics.outsideUp.WithLabelValues(name).Set(up)
	switch before, known := s.health.noteOutside(name, err); {
	case err != nil && (!known || before):
		s.log.WarnContext(ctx, "outside system failed", "system", name, "error", fmt.Sprint(err))
	case err == nil && known && !before:
		s.log.InfoContext(ctx, "outside system works again", "system", name)
	}
}
