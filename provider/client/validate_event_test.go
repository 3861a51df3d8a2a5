package client

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEventMembers(t *testing.T) {
	t.Parallel()
	const service = `"grant_types":["client_credentials"],"scope":"mandates"`
	for record, want := range map[string]string{
		`{` + service + `,"event_delivery":"poll"}`:                                                                                              "",
		`{` + service + `,"event_delivery":"push","event_uri":"https://a.example/x?y"}`:                                                          "",
		`{` + service + `,"event_delivery":"push","event_uri":"https://a.example/","event_types":["session-revoked"]}`:                           "",
		`{` + service + `,"event_delivery":"poll","event_all_enterprises":true}`:                                                                 "",
		`{` + service + `,"event_delivery":"fax"}`:                                                                                               "event_delivery",
		`{` + service + `,"event_delivery":"push"}`:                                                                                              "event_uri",
		`{` + service + `,"event_delivery":"poll","event_uri":"https://a.example/"}`:                                                             "event_uri",
		`{` + service + `,"event_uri":"https://a.example/"}`:                                                                                     "event_delivery",
		`{` + service + `,"event_all_enterprises":true}`:                                                                                         "event_delivery",
		`{` + service + `,"event_delivery":"poll","event_types":["rain"]}`:                                                                       "event_types",
		`{` + service + `,"event_delivery":"push","event_uri":"http://a.example/"}`:                                                              "event_uri",
		`{` + service + `,"event_delivery":"push","event_uri":"ftp://a.example/"}`:                                                               "event_uri",
		`{` + service + `,"event_delivery":"push","event_uri":"https://u:p@a.example/"}`:                                                         "event_uri",
		`{` + service + `,"event_delivery":"push","event_uri":"https://a.example/#f"}`:                                                           "event_uri",
		`{"grant_types":["client_credentials"],"scope":"x","event_delivery":"poll"}`:                                                             "event_delivery",
		`{"redirect_uris":["https://a.example/"],"scope":"openid mandates","event_delivery":"poll"}`:                                             "event_delivery",
		`{"redirect_uris":["https://a.example/"],"event_delivery":"push","event_uri":"https://a.example/e"}`:                                     "",
		`{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"none","event_delivery":"push","event_uri":"https://a.example/e"}`: "event_delivery",
	} {
		reg, err := Policy{}.Register([]byte(record), time.Unix(1, 0))
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", record, err)
			} else if r, hears := reg.Client.EventReceiver(); !hears || r.Push != strings.Contains(record, "push") || r.ID != reg.Client.ID {
				t.Errorf("%s: hears as %+v", record, r)
			}
			continue
		}
		invalid, ok := errors.AsType[*InvalidError](err)
		if !ok || !slices.ContainsFunc(invalid.Faults, func(f Fault) bool { return f.Member == want }) {
			t.Errorf("%s: %v, want a fault of %s", record, err, want)
		}
	}
}
