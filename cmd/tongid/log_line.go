package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// lineHandler makes the lines that every request writes, byte for byte as
// slog.JSONHandler would but in one go: no reflection, nothing allocated. What is
// more than plain facts (appendFact) it leaves to that handler. Lines above
// LevelInfo do not wait in the buffer.
type lineHandler struct {
	buffer *logBuffer
	other  slog.Handler // slog.JSONHandler, told the same attributes and groups
	bound  []byte       // attributes given once for many lines, made already
	simple bool         // bound says all that other was told
}

func newLineHandler(buffer *logBuffer, options *slog.HandlerOptions) lineHandler {
	return lineHandler{buffer: buffer, other: slog.NewJSONHandler(buffer, options), simple: true}
}

func (h lineHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.other.Enabled(ctx, l) }

func (h lineHandler) Handle(ctx context.Context, r slog.Record) error {
	var (
		space    [512]byte // lines are shorter than that, and do not outlive the call
		line, ok = h.appendLine(space[:0], &r)
		err      error
	)
	if ok {
		_, err = h.buffer.Write(line)
	} else {
		err = h.other.Handle(ctx, r)
	}
	if r.Level > slog.LevelInfo {
		return errors.Join(err, h.buffer.flush())
	}
	return err
}

func (h lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.other = h.other.WithAttrs(attrs)
	h.bound = slices.Clip(h.bound)
	for _, a := range attrs {
		if h.simple {
			h.bound, h.simple = appendFact(h.bound, a)
		}
	}
	return h
}

func (h lineHandler) WithGroup(name string) slog.Handler {
	h.other, h.simple = h.other.WithGroup(name), false
	return h
}

// appendLine reports false for a line that it cannot make.
func (h lineHandler) appendLine(line []byte, r *slog.Record) (_ []byte, ok bool) {
	if !h.simple || !plainText(r.Message) {
		return line, false
	}
	line = append(line, '{')
	if !r.Time.IsZero() {
		if year := r.Time.Year(); year < 0 || year > 9999 {
			return line, false
		}
		line = append(line, `"time":"`...)
		line = r.Time.AppendFormat(line, time.RFC3339Nano)
		line = append(line, `",`...)
	}
	line = append(line, `"level":"`...)
	line = append(line, r.Level.String()...)
	line = append(line, `","msg":"`...)
	line = append(line, r.Message...)
	line = append(line, '"')
	line = append(line, h.bound...)
	ok = true
	r.Attrs(func(a slog.Attr) bool {
		line, ok = appendFact(line, a)
		return ok
	})
	return append(line, '}', '\n'), ok
}

// appendFact appends a comma and the attribute. It reports false for what is not
// a plain fact.
func appendFact(line []byte, a slog.Attr) (_ []byte, ok bool) {
	if !plainText(a.Key) {
		return line, false
	}
	line = append(line, ',', '"')
	line = append(line, a.Key...)
	line = append(line, '"', ':')
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		line = append(line, '"')
		line = append(line, v.String()...)
		return append(line, '"'), plainText(v.String())
	case slog.KindInt64:
		return strconv.AppendInt(line, v.Int64(), 10), true
	case slog.KindBool:
		return strconv.AppendBool(line, v.Bool()), true
	case slog.KindFloat64:
		return strconv.AppendFloat(line, v.Float64(), 'f', -1, 64), plainNumber(v.Float64())
	default:
		return line, false
	}
}

// plainText reports whether a text stands in JSON as it is.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// plainNumber reports whether encoding/json writes a number without exponent.
func plainNumber(f float64) bool {
	size := math.Abs(f)
	return size == 0 || size >= 1e-6 && size < 1e21
}
