package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeCertificate makes a self-signed certificate with that serial number.
func writeCertificate(t *testing.T, dir string, serial int64, changed time.Time) (certFile, keyFile string) {
	t.Helper()
	certFile, keyFile, err := makeCertificate(dir, serial, changed)
	if err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

func makeCertificate(dir string, serial int64, changed time.Time) (certFile, keyFile string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		err = errors.Join(err, os.WriteFile(path, pem.EncodeToMemory(block), 0o600), os.Chtimes(path, changed, changed))
	}
	return certFile, keyFile, err
}

func TestARenewedCertificateNeedsNoRestart(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	certFile, keyFile := writeCertificate(t, dir, 1, now)
	c, err := newCertificate(certFile, keyFile, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	writeCertificate(t, dir, 2, now.Add(time.Second))
	if got := serial(); got != 1 {
		t.Errorf("read again at once: serial %d", got)
	}
	now = now.Add(checkEvery)
	if got := serial(); got != 2 {
		t.Errorf("serial %d a minute after the renewal, want 2", got)
	}
	if err := os.WriteFile(keyFile, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(checkEvery)
	if got := serial(); got != 2 {
		t.Errorf("serial %d while the files are being replaced, want 2", got)
	}
	writeCertificate(t, dir, 3, now.Add(time.Hour))
	now = now.Add(checkEvery)
	if got := serial(); got != 3 {
		t.Errorf("serial %d, want 3", got)
	}
}
