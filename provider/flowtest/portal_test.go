package flowtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"testing"
)

// portal is a running sample portal.
type portal struct {
	*process
	url      string
	clientID string
}

// startPortals registers and starts the two halls.
func (s *site) startPortals() error {
	var addresses [2]string
	for i := range addresses {
		address, err := lab.address(portalHost)
		if err != nil {
			return err
		}
		addresses[i] = address
	}
	var err error
	if s.hall, err = s.startPortal("hrss", addresses[0], "http://"+addresses[1]); err != nil {
		return err
	}
	s.medical, err = s.startPortal("medical", addresses[1], "http://"+addresses[0])
	return err
}

// startPortal registers a portal beside the running server and starts it.
func (s *site) startPortal(theme, address, peer string, more ...string) (*portal, error) {
	p := &portal{url: "http://" + address, clientID: fmt.Sprintf("%s-%d", theme, s.clients.Add(1))}
	secret, err := s.register(map[string]any{
		"client_id": p.clientID, "client_name": theme + " hall", "trusted": true, "client_uri": p.url + "/",
		"redirect_uris": []string{p.url + "/callback"}, "post_logout_redirect_uris": []string{p.url + "/"},
		"scope": "openid profile phone enterprise agent offline_access", "id_token_signed_response_alg": "ES256",
	})
	if err != nil {
		return nil, err
	}
	binary, err := lab.binary("portal")
	if err != nil {
		return nil, err
	}
	args := append([]string{
		"--theme", theme, "--listen", address, "--base-url", p.url, "--issuer", s.issuer, "--client-id", p.clientID, "--peer-url", peer,
	}, more...)
	env := []string{"PORTAL_CLIENT_SECRET=" + secret}
	if s.tls != nil {
		env = append(env, "SSL_CERT_FILE="+s.tls.cert)
	}
	if p.process, err = startProcess("portal "+theme, binary, env, args...); err != nil {
		return nil, err
	}
	up := comesTrue(startWithin, func() bool {
		resp, err := http.Get(p.url + "/healthz")
		if err != nil {
			return p.ended()
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	if !up || p.ended() {
		return nil, fmt.Errorf("portal %s does not answer:\n%s", theme, p.log.tail(5))
	}
	if !comesTrue(startWithin, func() bool { return s.knows(p.clientID, p.url+"/callback") }) {
		return nil, fmt.Errorf("the server does not know portal %s", theme)
	}
	return p, nil
}

// register makes a client by command and returns its secret.
func (s *site) register(record map[string]any) (string, error) {
	data, err := json.Marshal(record)
	if err != nil {
		return "", err
	}
	out, err := s.tryCommand(string(data), "client", "create", "--file", "-")
	if err != nil {
		return "", err
	}
	var made struct {
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		return "", fmt.Errorf("client create printed %q: %w", out, err)
	}
	s.ledger.keep("client secret", made.Secret)
	return made.Secret, nil
}

// newClient makes a client for one test, with a redirect URI that nobody listens
// at: the test reads the answer off the redirect. Members of more replace those
// that every client has. It returns when the server knows the client.
func (s *site) newClient(t testing.TB, more map[string]any) *relyingParty {
	t.Helper()
	id := fmt.Sprintf("client-%d", s.clients.Add(1))
	record := map[string]any{
		"client_id": id, "client_name": "Test " + id, "trusted": true,
		"redirect_uris":             []string{"http://" + portalHost + ":9/callback"},
		"post_logout_redirect_uris": []string{"http://" + portalHost + ":9/out"},
		"scope":                     "openid profile phone enterprise agent offline_access",
	}
	maps.Copy(record, more)
	secret, err := s.register(record)
	if err != nil {
		t.Fatal(err)
	}
	uri := record["redirect_uris"].([]string)[0]
	waitUntil(t, startWithin, "the server knows "+id, func() bool { return s.knows(id, uri) })
	return &relyingParty{site: s, id: id, secret: secret, redirectURI: uri, scope: record["scope"].(string)}
}

// knows asks every replica whether it knows a client. With prompt=none that
// begins nothing.
func (s *site) knows(id, redirectURI string) bool {
	query := url.Values{
		"client_id": {id}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"openid"}, "prompt": {"none"},
	}
	for _, r := range s.replicas {
		resp, err := s.direct(r, http.MethodGet, "/oauth2/authorize?"+query.Encode(), nil)
		if err != nil {
			return false
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusSeeOther {
			return false
		}
	}
	return true
}
