package letter

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/keys"
)

type shelf struct{ records []keys.Record }

func (s *shelf) Keys(context.Context) ([]keys.Record, int64, error) { return s.records, 1, nil }
func (s *shelf) KeysRevision(context.Context) (int64, error)        { return 1, nil }
func (s *shelf) ChangeKeys(_ context.Context, _ int64, changed []keys.Record) error {
	s.records = append(s.records, changed...)
	return nil
}
func (s *shelf) DeleteKeys(context.Context, []string) error { return nil }

type mandates []*accounts.MandateView

func (m mandates) MandatesBeginning(_ context.Context, prefix string) (found []*accounts.MandateView, err error) {
	for _, v := range m {
		if strings.HasPrefix(v.ID, prefix) {
			found = append(found, v)
		}
	}
	return found, nil
}

func mandate() *accounts.MandateView {
	return &accounts.MandateView{
		Mandate: accounts.Mandate{
			ID: "5f0b9c1e-3f7a-4d52-8a11-0c4d9f6f2a37", Enterprise: "e", Person: "p", Role: accounts.RoleAgent,
			ValidFrom: "2026-01-01", ValidUntil: "2026-12-31", State: accounts.MandateActive, Services: []string{"hall"},
		},
		Company: "Firm", USCC: "91220102MA0TE5T169", Name: "Li Si", DocNumber: "220102198511202324", Phone: "+8613800000002",
	}
}

func office(t *testing.T, m ...*accounts.MandateView) *Office {
	t.Helper()
	ring, err := keys.NewRing(t.Context(), &shelf{}, keys.Options{Now: time.Now, KeepRetired: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	return &Office{Issuer: "https://id.example", Key: [32]byte{7}, Keys: ring, Mandates: mandates(m), Now: func() time.Time { return now }}
}

func TestLetterIsVerified(t *testing.T) {
	m := mandate()
	twin := mandate() // another one whose id begins like it
	twin.ID = m.ID[:19] + "8a11-0c4d9f6f2a38"
	o := office(t, twin, m)
	l, err := o.Issue(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Code) != 39 {
		t.Errorf("code %q", l.Code)
	}
	address, err := o.Address(m, l.Code)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{m.DocNumber, m.Phone, "13800000002", m.Name} {
		if strings.Contains(address, secret) {
			t.Errorf("the address holds %q", secret)
		}
	}
	jws := strings.TrimPrefix(address, "https://id.example/verify?code=")
	want := &Verdict{Mandate: m, Issued: time.Date(2026, 8, 17, 6, 5, 0, 0, time.UTC)}
	for name, text := range map[string]string{
		"code": l.Code, "without hyphens": strings.ReplaceAll(l.Code, "-", ""), "typed": " " + strings.ToLower(strings.ReplaceAll(l.Code, "-", " ")) + "\n",
		"confused": strings.NewReplacer("0", "o", "1", "l").Replace(l.Code), "jws": jws, "address": address,
	} {
		got, err := o.Verify(t.Context(), text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	// What changed since is told, unless the letter says nothing of it.
	m.Revision, m.PasswordHash = 9, "x"
	if got, err := o.Verify(t.Context(), l.Code); err != nil || got.Changed {
		t.Errorf("after a change of the password: %+v, %v", got, err)
	}
	m.ValidUntil = "2027-12-31"
	if got, err := o.Verify(t.Context(), l.Code); err != nil || !got.Changed {
		t.Errorf("after a renewal: %+v, %v", got, err)
	}
}

// One wrong character, and two that changed places, are told from a forgery.
func TestSlipsAreTold(t *testing.T) {
	m := mandate()
	o := office(t, m)
	l, err := o.Issue(m)
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.ReplaceAll(l.Code, "-", "")
	for i := range plain {
		for _, r := range alphabet {
			slip := plain[:i] + string(r) + plain[i+1:]
			if _, err := o.Verify(t.Context(), slip); slip != plain && !errors.Is(err, ErrTypo) {
				t.Fatalf("%s for %s: %v", slip, plain, err)
			}
		}
		if i > 0 && plain[i] != plain[i-1] {
			swapped := plain[:i-1] + plain[i:i+1] + plain[i-1:i] + plain[i+1:]
			if _, err := o.Verify(t.Context(), swapped); !errors.Is(err, ErrTypo) {
				t.Errorf("%s for %s: %v", swapped, plain, err)
			}
		}
	}
	for _, text := range []string{"", "x", plain + "0", plain[1:], "九", strings.Repeat("0", 5000), "a.b.c", "https://id.example/verify"} {
		if _, err := o.Verify(t.Context(), text); !errors.Is(err, ErrTypo) && !errors.Is(err, ErrForeign) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestForeignLettersAreTold(t *testing.T) {
	m := mandate()
	o, other := office(t, m), office(t, m)
	other.Key = [32]byte{8}
	l, err := other.Issue(m)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.Address(m, l.Code)
	if err != nil {
		t.Fatal(err)
	}
	own, err := o.Issue(m)
	if err != nil {
		t.Fatal(err)
	}
	address, err := o.Address(m, own.Code)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(strings.TrimPrefix(address, "https://id.example/verify?code="), ".")
	for name, text := range map[string]string{
		"another key's":    l.Code,
		"another server's": foreign,
		"tampered":         parts[0] + "." + parts[1][:10] + "A" + parts[1][11:] + "." + parts[2],
		"cut":              parts[0] + "." + parts[1] + ".",
	} {
		if _, err := o.Verify(t.Context(), text); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.Address(m, l.Code); !errors.Is(err, ErrForeign) {
		t.Errorf("a foreign code was signed: %v", err)
	}
	// The keys that signed it have gone: the code in it speaks for itself.
	late := office(t, m)
	if got, err := late.Verify(t.Context(), address); err != nil || got.Mandate.ID != m.ID {
		t.Errorf("after its key: %+v, %v", got, err)
	}
}
