package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"testing"
	"time"
)

// both is one record through both handlers.
func both(t *testing.T, r slog.Record, told ...func(slog.Handler) slog.Handler) (got, want string, own bool) {
	t.Helper()
	var lines, reference bytes.Buffer
	buffer := newLogBuffer(&lines)
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	h, other := slog.Handler(newLineHandler(buffer, options)), slog.Handler(slog.NewJSONHandler(&reference, options))
	for _, tell := range told {
		h, other = tell(h), tell(other)
	}
	for _, err := range []error{h.Handle(t.Context(), r), other.Handle(t.Context(), r), buffer.flush()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, own = h.(lineHandler).appendLine(nil, &r)
	return lines.String(), reference.String(), own
}

func entry(message string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(time.Date(2026, 11, 27, 8, 30, 1, 120_000_000, time.FixedZone("", 8*3600)), slog.LevelInfo, message, 0)
	r.AddAttrs(attrs...)
	return r
}

func TestLinesAreThoseOfSlog(t *testing.T) {
	with := func(attrs ...slog.Attr) func(slog.Handler) slog.Handler {
		return func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) }
	}
	grouped := func(h slog.Handler) slog.Handler { return h.WithGroup("g") }
	oddName := "\t"
	late := entry("request")
	late.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		record slog.Record
		told   []func(slog.Handler) slog.Handler
		own    bool
	}{
		"a request": {entry("request", slog.String("method", "GET"), slog.String("route", "/page/:id"), slog.Int("status", 200),
			slog.Float64("duration_ms", 0.125), slog.Int64("bytes", 0), slog.String("trace_id", ""), slog.Bool("x", true)), nil, true},
		"one given before":    {entry("request", slog.Int("a", -1)), []func(slog.Handler) slog.Handler{with(slog.String("b", "c")), with(slog.Int("d", 1))}, true},
		"without a time":      {slog.NewRecord(time.Time{}, slog.LevelWarn+1, "request", 0), nil, true},
		"without attributes":  {entry(""), nil, true},
		"an odd message":      {entry(`say "x"`), nil, false},
		"an odd text":         {entry("x", slog.String("a", "一\n\u2028\xff\\")), nil, false},
		"an odd name":         {entry("x", slog.String(oddName, "a")), nil, false},
		"an odd text before":  {entry("x"), []func(slog.Handler) slog.Handler{with(slog.String("a", "é"), slog.Int("b", 1)), with(slog.Int("c", 1))}, false},
		"an error":            {entry("x", slog.Any("error", errors.New("a"))), nil, false},
		"a list":              {entry("x", slog.Any("names", []string{"a"})), nil, false},
		"a duration":          {entry("x", slog.Duration("d", time.Second)), nil, false},
		"nothing":             {entry("x", slog.Attr{}), nil, false},
		"a group":             {entry("x", slog.Group("g", slog.Int("a", 1))), nil, false},
		"in a group":          {entry("x", slog.Int("a", 1)), []func(slog.Handler) slog.Handler{with(slog.Int("b", 1)), grouped, with(slog.Int("c", 1))}, false},
		"a secret":            {entry("x", slog.Any("s", hidden("4711"))), nil, false},
		"after ten millennia": {late, nil, false},
	} {
		got, want, own := both(t, c.record, c.told...)
		if got != want || own != c.own {
			t.Errorf("%s: own %v, want %v\n got %s\nwant %s", name, own, c.own, got, want)
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1e-7, 1e-6, 0.1, -12.5, 1e20, 1e21, math.MaxFloat64, 123456789.125} {
		if got, want, _ := both(t, entry("x", slog.Float64("f", f))); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

type hidden string

func (hidden) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// One handler may be told different things: neither writes into the other.
func TestHandlersShareNothing(t *testing.T) {
	var out bytes.Buffer
	buffer := newLogBuffer(&out)
	first := newLineHandler(buffer, nil).WithAttrs([]slog.Attr{slog.String("a", "a")})
	one, two := first.WithAttrs([]slog.Attr{slog.Int("b", 1)}), first.WithAttrs([]slog.Attr{slog.Int("b", 2)})
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "x", 0)
	for _, h := range []slog.Handler{one, two, first} {
		if err := h.Handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := buffer.flush(); err != nil {
		t.Fatal(err)
	}
	const want = `{"level":"INFO","msg":"x","a":"a","b":1}` + "\n" + `{"level":"INFO","msg":"x","a":"a","b":2}` + "\n" + `{"level":"INFO","msg":"x","a":"a"}` + "\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("request", "route", "/page/:id", int64(200), 0.125)
	f.Add(`"`, "\x00", "\u2028", int64(-1), 1e-9)
	f.Fuzz(func(t *testing.T, message, key, text string, n int64, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return // slog's own answer to those is an error in the line
		}
		r := entry(message, slog.String(key, text), slog.Int64("n", n), slog.Float64("x", x))
		if got, want, _ := both(t, r, func(h slog.Handler) slog.Handler { return h.WithAttrs([]slog.Attr{slog.String(text, key)}) }); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

func BenchmarkRequestLine(b *testing.B) {
	for name, h := range map[string]slog.Handler{
		"ours": newLineHandler(newLogBuffer(io.Discard), nil), "slog": slog.NewJSONHandler(newLogBuffer(io.Discard), nil),
	} {
		h = h.WithAttrs([]slog.Attr{slog.String("method", "GET"), slog.String("route", "/oauth2/jwks"), slog.Int("status", 200)})
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
				r.AddAttrs(slog.Float64("duration_ms", 0.125), slog.Int64("bytes", 1640),
					slog.String("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"), slog.String("client_ip", "192.0.2.1"))
				if err := h.Handle(context.Background(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
