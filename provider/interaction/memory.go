package interaction

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/tongid/tongid/provider/cookie"
)

// Memory is what a browser remembers of a person's choices: for which enterprise
// they acted at which portal. It is no authority: what it names is looked up among
// the person's own mandates each time.
type Memory struct {
	Jar cookie.Jar
}

// remembered is one choice; the portal's id is empty for the agent's own pages.
type remembered struct {
	Portal string `json:"p"`
	Choice string `json:"c"`
}

const maxRemembered = 16

// Recall returns the choice for a portal, empty if there is none.
func (m Memory) Recall(r *http.Request, portal string) string {
	for _, c := range m.read(r) {
		if c.Portal == portal {
			return c.Choice
		}
	}
	return ""
}

// Remember keeps a choice, the last sixteen of them.
func (m Memory) Remember(w http.ResponseWriter, r *http.Request, portal, choice string) {
	all := m.read(r)
	if len(all) > 0 && all[0] == (remembered{portal, choice}) {
		return
	}
	all = slices.DeleteFunc(all, func(c remembered) bool { return c.Portal == portal })
	all = append([]remembered{{portal, choice}}, all...)
	text, err := json.Marshal(all[:min(len(all), maxRemembered)])
	if err != nil {
		return // of strings: never
	}
	m.Jar.Set(w, cookie.Acting, base64.RawURLEncoding.EncodeToString(text), 0)
}

func (m Memory) read(r *http.Request) []remembered {
	text, err := base64.RawURLEncoding.DecodeString(m.Jar.Get(r, cookie.Acting))
	var all []remembered
	if err != nil || json.Unmarshal(text, &all) != nil {
		return nil
	}
	return all[:min(len(all), maxRemembered)]
}
