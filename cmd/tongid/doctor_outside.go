package main

import (
	"context"
	"errors"
	"time"

	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// outside asks every system outside whether it is there and takes our
// credentials. The local copy of the register is looked at with the stores.
func (d *doctor) outside(ctx context.Context) {
	c := d.config
	if c.Simulators {
		return
	}
	if len(c.SMS) == 0 {
		d.note("sms", "no provider is configured")
	}
	if !c.Face.Given() {
		d.note("face", "no provider is configured")
	}
	if len(c.SMS) == 0 || !c.Face.Given() {
		d.note("wizards", "registration, activation and recovery need both, and are not offered")
	}
	g, err := newGateways(c, nil, outbound.Host{Now: time.Now})
	if err != nil {
		d.bad("outside", "%v", err)
		return
	}
	defer g.close()
	blind := map[string]bool{}
	for _, s := range c.SMS {
		blind["sms/"+s.Name()] = s.HTTP != nil && s.HTTP.CheckURL == ""
		blind["sms"] = len(c.SMS) == 1 && blind["sms/"+s.Name()]
	}
	for _, o := range g.systems {
		if o.name == "register" && c.Register == nil {
			continue
		}
		start := time.Now()
		err := o.check(ctx)
		took := time.Since(start).Round(time.Millisecond)
		switch {
		case err != nil:
			d.bad(o.name, "%s", reason(err))
		case blind[o.name]:
			d.ok(o.name, "something answers, in %s; without check_url it is not known whether credentials are taken", took)
		default:
			d.ok(o.name, "answers and takes our credentials, in %s", took)
		}
	}
}

// register tells how old the local copy is, if it is what is asked.
func (d *doctor) register(ctx context.Context) {
	if d.config.Register != nil || d.config.Simulators {
		return
	}
	db, _, err := openDatabase(ctx, patient(d.config), time.Now, nil) // a register has millions of entries
	if err != nil {
		d.bad("register", "%v", err)
		return
	}
	c, err := db.RegisterCopy(ctx)
	err = errors.Join(err, db.Close())
	switch {
	case err != nil:
		d.bad("register", "%v", err)
	case c.Entries == 0:
		d.note("register", "the local copy is empty: tongid import registry")
	default:
		days := int(time.Since(c.LoadedAt).Hours() / 24)
		d.ok("register", "local copy, entries %d, facts up to %s, last loaded %s, %d days ago", c.Entries, c.AsOf, day(c.LoadedAt), days)
	}
}
