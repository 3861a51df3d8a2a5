package flowtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// After every kind of wizard no file of the server holds what a person is known by
// or a code that was sent: neither the accounts nor what is alive, nor the log that
// each database writes ahead. Names of firms and what the business register tells
// of them are public.
func TestNothingOfPersonsInFiles(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onSQLite), setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}})
	b := s.browser(t)
	f, p := b.registerFirm(b.newFirm()), b.registerPerson(s.person())
	pending := s.imported(t, b.newFirm())
	b.activation(pending).sendCode(fields{"phone": pending.rep.phone})
	b.code(pending.rep.phone)
	b.open(s.url("/recover")).press(f.recovery()).sendCode(nil)
	b.code(f.rep.phone)
	b.asPerson(p.phone, goodPassword)
	other := s.person()
	b.open(s.url("/me/phone")).press(fields{"password": goodPassword}).sendCode(fields{"phone": other.phone})
	b.code(other.phone)
	office := s.browser(t)
	g := office.ownFirm()
	g.rep = s.person()
	office.putEntry(g, nil)
	office.open(s.url("/center/change")).press(g.change()).agreeToFace()
	half := s.browser(t)
	q := s.person()
	half.open(s.url("/register/person")).sendCode(q.registration()).press(half.proofs(q.phone, goodPassword)).agreeToFace()

	files := 0
	err := filepath.WalkDir(filepath.Join(s.stores.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if len(data) > 0 && strings.Contains(d.Name(), ".db") {
			files++
		}
		for _, what := range s.ledger.personsIn(string(data)) {
			t.Errorf("a %s stands in %s", what, d.Name())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 2 {
		t.Errorf("looked into %d databases", files)
	}
}

// personsIn lists what stands in a file, each kind once.
func (l *ledger) personsIn(data string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	kinds := map[string]bool{}
	var found []string
	for secret, what := range l.secrets {
		switch what {
		case secretName, secretDocument, secretPhone, secretCode:
			if !kinds[what] && stands(data, secret, what) {
				kinds[what] = true
				found = append(found, what)
			}
		}
	}
	return found
}
