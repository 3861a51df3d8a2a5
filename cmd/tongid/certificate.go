package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificate is read anew when its files changed, so that a renewed one needs
// no restart.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	changed time.Time // of the files
	checked time.Time
}

// checkEvery is how often the files are looked at.
const checkEvery = time.Minute

func newCertificate(certFile, keyFile string, now func() time.Time) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, now: now}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// get is tls.Config's GetCertificate. Files that cannot be read, as while they
// are being replaced, leave the certificate in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.checked) >= checkEvery {
		_ = c.read() // the old one goes on; doctor and monitoring see it expire
	}
	return c.current, nil
}

func (c *certificate) read() error {
	c.checked = c.now()
	changed := latest(c.certFile, c.keyFile)
	if c.current != nil && changed.Equal(c.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c.current, c.changed = &pair, changed
	return nil
}

func latest(paths ...string) time.Time {
	var at time.Time
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}
