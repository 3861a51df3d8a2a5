package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tongid/tongid/accounts"
)

// A store that is away, or slow for a while, does not end a start; one that is
// there and says no does.
func TestPatiently(t *testing.T) {
	t.Parallel()
	away := fmt.Errorf("find person: %w", accounts.ErrUnavailable)
	refused := errors.New("no such table")
	for _, test := range []struct {
		name  string
		times int // that the step fails
		fault error
		want  error
		after time.Duration
	}{
		{"there", 0, nil, nil, 0},
		{"slow three times", 3, away, nil, 1500 * time.Millisecond},
		{"away for good", 1000, away, accounts.ErrUnavailable, startPatience + 500*time.Millisecond},
		{"refused", 1, refused, refused, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &server{log: slog.New(slog.DiscardHandler)}
				tried, start := 0, time.Now()
				err := s.patiently(t.Context(), func(context.Context) error {
					if tried++; tried <= test.times {
						return test.fault
					}
					return nil
				})
				if !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if took := time.Since(start); took != test.after {
					t.Errorf("took %v, want %v", took, test.after)
				}
			})
		})
	}
}
