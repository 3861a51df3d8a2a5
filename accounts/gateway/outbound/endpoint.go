package outbound

import (
	"errors"
	"net"
	"net/url"
)

// CheckURL tells what is wrong with the address of an outside system: it must be
// absolute and https; plain http goes to this machine only.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("is no address")
	case u.Host == "" || u.Opaque != "" || u.Hostname() == "":
		return errors.New("is not absolute")
	case u.User != nil:
		return errors.New("carries a password")
	case u.Fragment != "":
		return errors.New("has a fragment")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	default:
		return errors.New("is not https")
	}
}

// CheckPage tells what is wrong with the address of a page that a system at
// endpoint sends a browser to. Plain http is taken only from a system that is
// reached by plain http itself, which is on this machine.
func CheckPage(raw, endpoint string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Opaque != "" || u.User != nil {
		return errors.New("is no address of a page")
	}
	if u.Scheme == "https" {
		return nil
	}
	if from, err := url.Parse(endpoint); u.Scheme == "http" && err == nil && from.Scheme == "http" {
		return nil
	}
	return errors.New("is not https")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
