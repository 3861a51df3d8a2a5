package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// validate returns every fault of the settings.
func (c config) validate() []error {
	var faults []error
	if _, ok := demos()[c.Theme]; !ok {
		return []error{fmt.Errorf("theme: %q is neither hrss nor medical", c.Theme)}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		faults = append(faults, fmt.Errorf("listen: %w", err))
	}
	if c.ClientID == "" {
		faults = append(faults, errors.New("client-id: must not be empty"))
	}
	if !strings.Contains(" "+c.Scope+" ", " openid ") {
		faults = append(faults, errors.New("scope: must contain openid"))
	}
	if c.BaseURL != "" {
		faults = append(faults, checkOrigin("base-url", c.BaseURL))
	}
	if c.PeerURL != "" {
		faults = append(faults, checkOrigin("peer-url", c.PeerURL))
	}
	if c.CallbackThen != "" {
		_, err := checkURL("callback-then", c.CallbackThen)
		faults = append(faults, err)
	}
	if u, err := checkURL("issuer", c.Issuer); err != nil {
		faults = append(faults, err)
	} else if u.RawQuery != "" || u.Fragment != "" {
		faults = append(faults, errors.New("issuer: must have no query and no fragment"))
	}
	return faults
}

// checkURL accepts an absolute http or https address.
func checkURL(name, value string) (*url.URL, error) {
	u, err := url.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%s: %q is not an absolute http or https address", name, value)
	}
	return u, nil
}

// checkOrigin accepts an http or https address without path, query or fragment.
func checkOrigin(name, value string) error {
	u, err := checkURL(name, value)
	if err != nil {
		return err
	}
	if u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s: %q must have no path, query or fragment", name, value)
	}
	return nil
}
