package register_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/register"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
)

const other = "91220106MA54728040"

// table is a local copy over a simulated register.
type table struct {
	accounts.RegisterTable

	entry func(ctx context.Context, uscc string) (*accounts.RegisterEntry, error)
}

func (t table) RegisterEntry(ctx context.Context, uscc string) (*accounts.RegisterEntry, error) {
	return t.entry(ctx, uscc)
}

func registers(t *testing.T, w *simulatortest.World) map[string]accounts.Register {
	t.Helper()
	if err := w.Gateway.HTTPRegister.Validate(); err != nil {
		t.Fatal(err)
	}
	g := register.NewHTTP(w.Gateway.HTTPRegister, w.Host())
	t.Cleanup(g.Close)
	return map[string]accounts.Register{
		"http":  g,
		"table": register.NewTable(table{entry: w.Entry}, "local", nil),
	}
}

func claim() accounts.RegisterClaim {
	return accounts.RegisterClaim{
		USCC: simulatortest.USCC, Name: "Ｓample Software（Jilin） LTD", RepName: "zhang\u3000san",
		RepDocType: accounts.DocResidentID, RepDocNumber: "220102199003070013",
	}
}

func told(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"220102199003070013", "Zhang", "zhang", simulatortest.Secret} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%v tells %s", err, secret)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const match, mismatch, unknown = accounts.VerdictMatch, accounts.VerdictMismatch, accounts.VerdictUnknown
	for name, c := range map[string]struct {
		change func(c *accounts.RegisterClaim)
		want   [4]accounts.Verdict // USCC, name, representative, document
	}{
		"all right":            {func(*accounts.RegisterClaim) {}, [4]accounts.Verdict{match, match, match, match}},
		"only the name":        {func(c *accounts.RegisterClaim) { *c = accounts.RegisterClaim{USCC: c.USCC, Name: c.Name} }, [4]accounts.Verdict{match, match, unknown, unknown}},
		"another name":         {func(c *accounts.RegisterClaim) { c.Name = "Sample" }, [4]accounts.Verdict{match, mismatch, match, match}},
		"another person":       {func(c *accounts.RegisterClaim) { c.RepName = "Li Si" }, [4]accounts.Verdict{match, match, mismatch, match}},
		"another number":       {func(c *accounts.RegisterClaim) { c.RepDocNumber = "220104198511202324" }, [4]accounts.Verdict{match, match, match, mismatch}},
		"another type":         {func(c *accounts.RegisterClaim) { c.RepDocType = accounts.DocPassport }, [4]accounts.Verdict{match, match, match, mismatch}},
		"a number, no type":    {func(c *accounts.RegisterClaim) { c.RepDocType = "" }, [4]accounts.Verdict{match, match, match, unknown}},
		"another organisation": {func(c *accounts.RegisterClaim) { c.USCC = other }, [4]accounts.Verdict{unknown, unknown, unknown, unknown}},
	} {
		for kind, r := range registers(t, simulatortest.New(t)) {
			cl := claim()
			c.change(&cl)
			v, err := r.Verify(t.Context(), cl)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, [4]accounts.Verdict{v.USCC, v.Name, v.RepName, v.RepDocument}); diff != "" {
				t.Errorf("%s, %s:\n%s", name, kind, diff)
			}
			if v.Source == "" || v.Simulated != (kind == "http") || v.USCC == match && (v.Status != accounts.RegisterOperating || v.AsOf != "2026-11-01" || v.Evidence == "") {
				t.Errorf("%s, %s: %+v", name, kind, v)
			}
		}
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	for kind, r := range registers(t, w) {
		got, err := r.Fetch(t.Context(), simulatortest.USCC)
		want := simulatortest.Entry()
		want.Source, want.Simulated = kind, kind == "http"
		if got != nil && got.Source != "" {
			got.Source = kind
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", kind, err, diff)
		}
		for _, uscc := range []string{other, "", "../health", "x", strings.Repeat("9", 18)} {
			if e, err := r.Fetch(t.Context(), uscc); !errors.Is(err, accounts.ErrNotFound) || e != nil {
				t.Errorf("%s, %q: %+v, %v", kind, uscc, e, err)
			}
		}
		if err := r.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	changed := *simulatortest.Entry()
	changed.Status, changed.AsOf = accounts.RegisterGone, ""
	if err := w.PutEntry(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	for kind, r := range registers(t, w) {
		got, err := r.Fetch(t.Context(), simulatortest.USCC)
		if err != nil || got.Status != accounts.RegisterGone || got.AsOf != "2026-11-23" {
			t.Errorf("%s, changed: %+v, %v", kind, got, err)
		}
	}
	if err := w.DeleteEntry(t.Context(), simulatortest.USCC); err != nil {
		t.Fatal(err)
	}
	for kind, r := range registers(t, w) {
		if v, err := r.Verify(t.Context(), claim()); err != nil || v.USCC != accounts.VerdictUnknown || v.Status != "" {
			t.Errorf("%s, deleted: %+v, %v", kind, v, err)
		}
	}
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Store.Fail(accounts.ErrUnavailable)
	for kind, r := range registers(t, w) {
		v, err := r.Verify(t.Context(), claim())
		if !errors.Is(err, accounts.ErrUnavailable) || v != nil {
			t.Errorf("%s: %+v, %v", kind, v, err)
		}
		told(t, err)
		if _, err := r.Fetch(t.Context(), simulatortest.USCC); !errors.Is(err, accounts.ErrUnavailable) {
			t.Errorf("%s: %v", kind, err)
		}
		if err := r.Check(t.Context()); err == nil {
			t.Errorf("%s: Check is content", kind)
		}
	}
}

// What a register says is believed only if it is what was agreed.
func TestLyingRegister(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		answer  string
		verify  bool
		fetches error
	}{
		{200, `{"uscc":"match","name":"match","status":"operating","as_of":"2026-11-01"}`, true, accounts.ErrUnavailable},
		{200, `{"uscc":"unknown"}`, true, accounts.ErrUnavailable},
		{200, `{"uscc":"mismatch"}`, false, accounts.ErrUnavailable},
		{200, `{"uscc":"match","name":"yes","status":"operating","as_of":"2026-11-01"}`, false, accounts.ErrUnavailable},
		{200, `{"uscc":"match","name":"match","status":"fine","as_of":"2026-11-01"}`, false, accounts.ErrUnavailable},
		{200, `{"uscc":"match","name":"match","status":"operating","as_of":"yesterday"}`, false, accounts.ErrUnavailable},
		{200, `{"uscc":"match","evidence":"张三 220102199003070013","status":"operating","as_of":"2026-11-01"}`, false, accounts.ErrUnavailable},
		{200, `{"uscc":"` + other + `","name":"n","type":"enterprise","status":"operating","as_of":"2026-11-01"}`, false, accounts.ErrUnavailable},
		{200, `{"uscc":"` + simulatortest.USCC + `","name":"n","type":"enterprise","status":"operating","as_of":"2026-11-01"}`, false, nil},
		{200, `{"uscc":"` + simulatortest.USCC + `","name":"n","type":"club","status":"operating","as_of":"2026-11-01"}`, false, accounts.ErrUnavailable},
		{200, `{"uscc":"` + simulatortest.USCC + `","type":"enterprise","status":"operating","as_of":"2026-11-01"}`, false, accounts.ErrUnavailable},
		{404, `{"error":"not_found"}`, false, accounts.ErrNotFound},
		{404, `<html>not found</html>`, false, accounts.ErrUnavailable},
		{200, `null`, false, accounts.ErrUnavailable},
		{200, ``, false, accounts.ErrUnavailable},
		{500, `{"uscc":"unknown"}`, false, accounts.ErrUnavailable},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.answer)
		}))
		w := simulatortest.New(t)
		w.Gateway.HTTPRegister.URL = s.URL
		g := registers(t, w)["http"]
		v, err := g.Verify(t.Context(), accounts.RegisterClaim{USCC: simulatortest.USCC, Name: "n"})
		if (err == nil) != c.verify || (v != nil) != c.verify || v != nil && (v.RepName != accounts.VerdictUnknown || v.Simulated) {
			t.Errorf("%d %s: %+v, %v", c.status, c.answer, v, err)
		}
		told(t, err)
		e, err := g.Fetch(t.Context(), simulatortest.USCC)
		if !errors.Is(err, c.fetches) || (err == nil) != (c.fetches == nil) || (e != nil) != (c.fetches == nil) {
			t.Errorf("%d %s: fetched %+v, %v", c.status, c.answer, e, err)
		}
		told(t, err)
		s.Close()
	}
}

func TestEqualNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		equal bool
	}{
		{"吉林省示例软件有限公司", " 吉林省示例软件 有限公司\u200b", true},
		{"吉林（长春）示例ＡＢ公司", "吉林(长春)示例ab公司", true},
		{"买买提·阿不都", "买买提•阿不都", true},
		{"买买提·阿不都", "买买提･阿不都", true},
		{"买买提·阿不都", "买买提阿不都", false},
		{"示例公司", "示例", false},
		{"馬", "马", false},
		{"䶮", "䶮", true},
	} {
		if got := register.EqualNames(c.a, c.b); got != c.equal {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

func TestConfigListsAllFaults(t *testing.T) {
	t.Parallel()
	if err := (register.HTTPConfig{}).Validate(); err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Error(err)
	}
}
