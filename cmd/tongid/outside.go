package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// outside are the systems that do not belong to us, or their simulators.
type outside struct {
	gateways

	simulator *simulator.Simulator // nil: they are real
	listener  net.Listener         // of the simulators
	server    *http.Server
}

// openOutside makes the gateways. Simulators speak the providers' protocols on a
// loopback listener of their own, and are called like the real ones.
func (s *server) openOutside(ctx context.Context) (err error) {
	host := outbound.Host{Now: s.clock.Now, Observe: s.metrics.outside}
	if !s.config.Simulators {
		s.outside.gateways, err = newGateways(s.config, s.db, host)
		return err
	}
	renderer := s.templates
	s.outside.simulator = simulator.New(simulator.Options{
		Store: interaction.SimulatorState{Store: s.alive, Box: wizardBox(s.box), Now: s.clock.Now}, Now: s.clock.Now,
		KeyID: "simulator", Secret: base64.RawURLEncoding.EncodeToString(s.box.Key("simulator", 32)),
		SignName: renderer.MessageSign(templates.Chinese), Templates: simulatedTemplates(), SceneID: 1000, Limits: s.config.Limits,
		Render: func(kind, purpose string, params map[string]string) (string, error) {
			return renderer.Message(templates.Chinese, kind, withPurpose(params, purpose))
		},
		FacePage: func(certificate string) string { return s.config.Issuer + "/simulator/face/page/" + certificate },
		Base:     s.db.RegisterEntry,
	})
	var lc net.ListenConfig
	if s.outside.listener, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("simulators: listen: %w", err)
	}
	s.outside.server = newHTTPServer(s.outside.simulator.Handler(), s.log)
	s.outside.server.WriteTimeout = 90 * time.Second // a simulated fault may last a minute
	clients := s.outside.simulator.Clients("http://" + s.outside.listener.Addr().String())
	s.outside.gateways, err = newGateways(&config.Config{
		SMS:  []config.SMS{{Aliyun: &clients.AliyunSMS}, {HTTP: &clients.HTTPSMS}},
		Face: config.Face{HTTP: &clients.HTTPFace}, Register: &clients.HTTPRegister,
	}, s.db, host)
	return err
}

// simulatedTemplates are the templates that the simulated provider approved.
func simulatedTemplates() map[string]string {
	approved := map[string]string{}
	for i, kind := range accounts.MessageKinds() {
		approved[fmt.Sprintf("SMS_%09d", i+1)] = kind
	}
	return approved
}

func withPurpose(params map[string]string, purpose string) map[string]string {
	all := map[string]string{"purpose": purpose}
	maps.Copy(all, params)
	return all
}

// serve plays the simulators until the server stops.
func (o *outside) serve(ctx context.Context, s *server) {
	if o.server == nil {
		return
	}
	s.workers.Go(func() {
		if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.ErrorContext(ctx, "simulators stopped", "error", err)
		}
	})
}

func (o *outside) close() error {
	o.gateways.close()
	if o.server == nil {
		if o.listener != nil {
			return o.listener.Close()
		}
		return nil
	}
	return o.server.Close()
}

// deliver sends what waits in the outbox, and lets another replica finish what it
// is sending. Providers that misbehave are not waited for long.
func (s *server) deliver(ctx context.Context) {
	const patience, pause = time.Second, 20 * time.Millisecond
	_, _ = s.mailer.Flush(ctx) // what fails is tried again
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if n, err := s.db.MessagesUnderWay(ctx, s.clock.Now()); err != nil || n == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
