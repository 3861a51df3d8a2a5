package flowtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// eventWithin is how soon an event is there: a worker looks once a second.
const eventWithin = 6 * time.Second

// told is one verified Security Event Token.
type told struct {
	jti, kind, sub string
	facts          map[string]any
}

// readSET verifies a token as a portal does: by the published keys, its type, its
// issuer and audience (RFC 8417 §4).
func (v *service) readSET(t testing.TB, token string) told {
	t.Helper()
	_, _, text := v.site.api(t, v.request(t, http.MethodGet, "/oauth2/jwks", ""))
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatalf("%q: %v", token, err)
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != "secevent+jwt" {
		t.Errorf("typ %v", header.ExtraHeaders[jose.HeaderType])
	}
	keys := set.Key(header.KeyID)
	if len(keys) != 1 {
		t.Fatalf("no key %s", header.KeyID)
	}
	payload, err := signed.Verify(keys[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Iss, Aud, Jti string
		Iat, Toe      int64
		Exp, Sub      any
		SubID         struct{ Format, Iss, Sub string } `json:"sub_id"`
		Events        map[string]map[string]any
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	age := time.Since(time.Unix(claims.Iat, 0))
	if claims.Iss != v.site.issuer || claims.Aud != v.id || claims.Exp != nil || claims.Sub != nil || claims.SubID.Format != "iss_sub" ||
		claims.SubID.Iss != v.site.issuer || len(claims.Events) != 1 || age < -2*time.Second || age > 2*time.Minute {
		t.Errorf("claims %s", payload)
	}
	out := told{jti: claims.Jti, sub: claims.SubID.Sub}
	for uri, facts := range claims.Events {
		out.kind, out.facts = strings.TrimPrefix(uri, "urn:tongid:event:"), facts
	}
	return out
}

// poll takes what is due, acknowledging what was taken before.
func (v *service) poll(t testing.TB, ack []string) (events []told) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"returnImmediately": true, "ack": append([]string{}, ack...)})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := v.call(t, http.MethodPost, "/api/v1/events/poll", string(body))
	sets, _ := answer["sets"].(map[string]any)
	if status != http.StatusOK {
		t.Fatalf("poll: %d %v", status, answer)
	}
	for jti, set := range sets {
		e := v.readSET(t, set.(string))
		if e.jti != jti {
			t.Errorf("%s stands under %s", e.jti, jti)
		}
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b told) int { return strings.Compare(a.jti, b.jti) })
	return events
}

// hears waits for events of these kinds, in order, and acknowledges them.
func (v *service) hears(t testing.TB, kinds ...string) []told {
	t.Helper()
	var events []told
	var got []string
	comesTrue(eventWithin, func() bool {
		for _, e := range v.poll(t, nil) {
			events, got = append(events, e), append(got, e.kind)
		}
		return len(got) >= len(kinds)
	})
	if !slices.Equal(got, kinds) {
		t.Fatalf("%s heard %v, want %v", v.id, got, kinds)
	}
	var jtis []string
	for _, e := range events {
		jtis = append(jtis, e.jti)
	}
	if left := v.poll(t, jtis); len(left) != 0 {
		t.Errorf("after what was acknowledged comes %v", left)
	}
	return events
}

// What happens to an enterprise's mandates is heard by the portals that have to do
// with it, and by no other.
func TestPortalsHearByPoll(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		polls := map[string]any{"event_delivery": "poll"}
		v, stranger := s.newService(t, polls), s.newService(t, polls)
		only := s.newService(t, map[string]any{"event_delivery": "poll", "event_types": []string{"session-revoked"}})
		st := &stand{t: t, s: s, rp: v.relyingParty, account: "agent", owner: s.browser(t)}
		st.firm = st.owner.ownFirm()
		st.li = s.browser(t).registerPerson(s.person())
		st.mandate = st.owner.appoint(st.li, nil)
		b := s.browser(t)
		token := v.agent(t, b, st.firm.account, st.li.phone, goodPassword)
		sub := v.acts(t, token, st.firm, st.li)["sub"]
		only.agent(t, s.browser(t), st.firm.account, st.li.phone, goodPassword)

		st.keep("renew", fields{"valid_until": today(60)})
		changed := v.hears(t, "mandate-changed")[0]
		want := map[string]any{
			"uscc": st.firm.uscc, "mandate": st.mandate, "covers": true, "state": "active", "valid_from": today(0), "valid_until": today(60), "manager": false,
		}
		if changed.sub != sub || fmt.Sprint(changed.facts) != fmt.Sprint(want) {
			t.Errorf("of %s: %v, want %v", changed.sub, changed.facts, want)
		}
		st.keep("suspend", nil)
		if e := v.hears(t, "mandate-changed")[0]; e.facts["state"] != "suspended" {
			t.Errorf("suspended: %v", e.facts)
		}
		st.keep("resume", nil)
		st.keep("save", nil, "medical-hall")
		st.keep("renew", fields{"valid_until": today(90)}) // is not for it any more
		two := v.hears(t, "mandate-changed", "mandate-changed")
		if e := two[1]; e.facts["covers"] != false || e.facts["state"] != nil || e.facts["valid_until"] != nil {
			t.Errorf("for another: %v", e.facts)
		}
		st.sql("UPDATE mandates SET services = '' WHERE id = '%s'", st.mandate)

		// All sessions of the person end, so those of the agent do.
		v.granted(t, b, nil)
		st.change("person's password changed")
		if e := v.hears(t, "session-revoked")[0]; e.sub != sub {
			t.Errorf("the session of %s ended, want %s", e.sub, sub)
		}
		if e := only.hears(t, "session-revoked")[0]; e.sub != sub {
			t.Errorf("the session of %s ended, want %s", e.sub, sub)
		}
		st.change("representative changed")
		changed = v.hears(t, "representative-changed")[0]
		if changed.facts["uscc"] != st.firm.uscc || changed.facts["confirm_by"] != today(30) || len(changed.facts) != 2 {
			t.Errorf("representative: %v", changed.facts)
		}
		st.keep("revoke", nil)
		if e := v.hears(t, "mandate-revoked")[0]; e.sub != sub || e.facts["state"] != "revoked" {
			t.Errorf("revoked: %v of %s", e.facts, e.sub)
		}
		if heard := stranger.poll(t, nil); len(heard) != 0 {
			t.Errorf("who has nothing to do with it heard %v", heard)
		}
		if heard := only.poll(t, nil); len(heard) != 0 {
			t.Errorf("who wanted sessions heard %v", heard)
		}
		var log []struct{ Jti, Event, State string }
		if err := json.Unmarshal([]byte(s.command(t, "", "client", "events", v.id)), &log); err != nil || len(log) != 7 {
			t.Fatalf("log %+v, %v", log, err)
		}
		for _, line := range log {
			if line.State != "delivered" {
				t.Errorf("log: %+v", line)
			}
		}
	})
}

// A poll waits for what comes, and what is not acknowledged or cannot be used does
// not get lost.
func TestPollWaits(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		v := s.newService(t, map[string]any{"event_delivery": "poll", "event_all_enterprises": true, "event_types": []string{"representative-changed"}})
		st := &stand{t: t, s: s, rp: v.relyingParty, owner: s.browser(t)}
		st.firm = st.owner.ownFirm()
		mine := func(sets map[string]any) (jti string) {
			for id, set := range sets { // it hears of other tests' enterprises too
				if v.readSET(t, set.(string)).facts["uscc"] == st.firm.uscc {
					jti = id
				}
			}
			return jti
		}
		answers := make(chan string, 1)
		go func() {
			for range 20 {
				_, answer := v.call(t, http.MethodPost, "/api/v1/events/poll", `{}`)
				if jti := mine(answer["sets"].(map[string]any)); jti != "" {
					answers <- jti
					return
				}
			}
			answers <- ""
		}()
		st.change("representative changed")
		jti := <-answers
		if jti == "" {
			t.Fatal("nothing came")
		}
		_, answer := v.call(t, http.MethodPost, "/api/v1/events/poll", `{"returnImmediately":true}`)
		if again := mine(answer["sets"].(map[string]any)); again != "" {
			t.Error("it comes again at once")
		}
		v.call(t, http.MethodPost, "/api/v1/events/poll", `{"maxEvents":0,"setErrs":{"`+jti+`":{"err":"invalid_key","description":"x"}}}`)
		out := s.command(t, "", "client", "events", v.id, "--limit", "100")
		var log []struct{ Jti, State, Outcome string }
		if err := json.Unmarshal([]byte(out), &log); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(log, func(l struct{ Jti, State, Outcome string }) bool {
			return l.Jti == jti && l.State == "refused" && l.Outcome == "invalid_key"
		}) {
			t.Errorf("log %s", out)
		}
	})
}

// receiver is a portal's endpoint for events (RFC 8935).
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	answer int
	bodies []string
	faults []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{answer: http.StatusServiceUnavailable}
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", portalHost+":0")
	if err != nil {
		t.Fatal(err)
	}
	r.Server = httptest.NewUnstartedServer(r)
	r.Listener.Close()
	r.Listener = listener
	r.Start()
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || req.Method != http.MethodPost || req.Header.Get("Content-Type") != "application/secevent+jwt" || req.Header.Get("Accept") != "application/json" {
		r.faults = append(r.faults, fmt.Sprint(req.Method, req.Header, err))
	}
	r.bodies = append(r.bodies, string(body))
	if r.answer == http.StatusBadRequest {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(r.answer)
		io.WriteString(w, `{"err":"authentication_failed","description":"not yet"}`) //nolint:errcheck // the log tells
		return
	}
	w.WriteHeader(r.answer)
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.bodies = status, nil
}

func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

// Events are pushed until they are taken, the same each time,
// and only where the operator lets them go.
func TestPortalsHearByPush(t *testing.T) {
	settings := setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s", "TONGID_POSTGRES_TIMEOUT=5s", "TONGID_EGRESS_ALLOW=" + portalHost}}
	onOwn(t, []string{onSQLite, onRedis, onCluster}, settings, func(t *testing.T, s *site) {
		r, away := newReceiver(t), newReceiver(t)
		v := s.newService(t, map[string]any{"event_delivery": "push", "event_uri": r.URL + "/events"})
		dead := s.newService(t, map[string]any{"event_delivery": "push", "event_uri": away.URL + "/x"})
		away.Close()
		st := &stand{t: t, s: s, rp: v.relyingParty, owner: s.browser(t), account: "agent"}
		st.firm = st.owner.ownFirm()
		st.li = s.browser(t).registerPerson(s.person())
		st.mandate = st.owner.appoint(st.li, nil)
		v.agent(t, s.browser(t), st.firm.account, st.li.phone, goodPassword)
		dead.agent(t, s.browser(t), st.firm.account, st.li.phone, goodPassword)

		st.keep("suspend", nil)
		waitUntil(t, eventWithin, "the first try", func() bool { return len(r.received()) > 0 })
		first := v.readSET(t, r.received()[0])
		r.answers(http.StatusBadRequest)
		waitUntil(t, 2*eventWithin, "the second try", func() bool { return len(r.received()) > 0 })
		if again := v.readSET(t, r.received()[0]); again.jti != first.jti || again.kind != "mandate-changed" || again.facts["state"] != "suspended" {
			t.Errorf("the second try is %+v, the first was %+v", again, first)
		}
		type line struct {
			Jti, Event, State, Outcome string
			Tries                      int
		}
		log := func(id string) (lines []line) {
			t.Helper()
			if err := json.Unmarshal([]byte(s.command(t, "", "client", "events", id)), &lines); err != nil {
				t.Fatal(err)
			}
			return lines
		}
		waitUntil(t, eventWithin, "the log tells", func() bool {
			l := log(v.id)
			return len(l) == 1 && l[0].State == "push" && l[0].Outcome == "authentication_failed" && l[0].Tries >= 2
		})
		st.keep("resume", nil)
		r.answers(http.StatusAccepted)
		var got []told
		waitUntil(t, 5*eventWithin, "both are taken", func() bool {
			got = nil
			for _, body := range r.received() {
				got = append(got, v.readSET(t, body))
			}
			return len(got) >= 2
		})
		// The new one may come before the one that waits to be tried again.
		slices.SortFunc(got, func(a, b told) int { return strings.Compare(a.jti, b.jti) })
		if got[0].jti != first.jti || got[1].facts["state"] != "active" {
			t.Errorf("taken %+v", got)
		}
		waitUntil(t, eventWithin, "the log tells that they were taken", func() bool {
			l := log(v.id)
			return len(l) == 2 && l[0].State == "delivered" && l[1].State == "delivered"
		})
		if l := log(dead.id); len(l) != 2 || l[1].State != "push" || l[1].Outcome != "unreachable" || l[1].Tries == 0 {
			t.Errorf("of one that is away: %+v", l)
		}
		if n := len(r.received()); n != 2 || len(r.faults) > 0 {
			t.Errorf("%d came, %v", n, r.faults)
		}
	})
}

// Where the operator did not say so, nothing of ours reaches an address inside.
func TestEventsDoNotReachInside(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	r := newReceiver(t)
	v := s.newService(t, map[string]any{"event_delivery": "push", "event_uri": r.URL})
	st := &stand{t: t, s: s, rp: v.relyingParty, owner: s.browser(t)}
	st.firm = st.owner.ownFirm()
	v.firm(t, s.browser(t), st.firm.account, goodPassword)
	st.change("representative changed")
	waitUntil(t, eventWithin, "it was tried", func() bool {
		return strings.Contains(s.command(t, "", "client", "events", v.id), `"unreachable"`)
	})
	if len(r.received()) != 0 {
		t.Error("it was reached")
	}
}
