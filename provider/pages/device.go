package pages

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/cookie"
)

const (
	deviceLife  = 365 * 24 * time.Hour
	maxAccounts = 5 // that a device remembers
)

// device is the content of the device cookie: which accounts signed in from
// this browser. It lets the account's holder sign in while others guess at the
// account elsewhere, and lets nobody in by itself.
type device struct {
	accounts.Device
}

type deviceJSON struct {
	ID       string   `json:"d"`
	Accounts []string `json:"a"` // subjects, the last one first
}

// deviceOf reads the cookie. One that we did not write is as good as none.
func (p *Pages) deviceOf(r *http.Request) device {
	content, mac, _ := strings.Cut(p.Flow.Jar.Get(r, cookie.Device), ".")
	if !hmac.Equal([]byte(mac), []byte(p.deviceMAC(content))) {
		return device{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(content)
	if err != nil {
		return device{}
	}
	var d deviceJSON
	if json.Unmarshal(raw, &d) != nil {
		return device{}
	}
	return device{accounts.Device{ID: d.ID, Accounts: d.Accounts}}
}

// rememberDevice notes that the account signed in from this browser.
func (p *Pages) rememberDevice(v *visit, subject string) {
	d := p.deviceOf(v.Request())
	if d.ID == "" {
		d.ID = rand.Text()
	}
	others := slices.DeleteFunc(slices.Clone(d.Accounts), func(other string) bool { return other == subject })
	all := append([]string{subject}, others...)
	raw, err := json.Marshal(deviceJSON{ID: d.ID, Accounts: all[:min(len(all), maxAccounts)]})
	if err != nil {
		return // strings always marshal
	}
	content := base64.RawURLEncoding.EncodeToString(raw)
	p.Flow.Jar.Set(v.Response(), cookie.Device, content+"."+p.deviceMAC(content), deviceLife)
}

func (p *Pages) deviceMAC(content string) string {
	mac := hmac.New(sha256.New, p.DeviceKey[:])
	mac.Write([]byte(content))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
