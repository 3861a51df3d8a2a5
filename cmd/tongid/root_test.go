package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/storage/database"
)

func TestExitCodes(t *testing.T) {
	for want, errs := range map[int][]error{
		exitOK:      {nil},
		exitUsage:   {errors.New("unknown flag"), failure{&config.InvalidError{}}, failure{fmt.Errorf("x: %w", &database.SchemaError{})}},
		exitFailure: {failure{errors.New("no such client")}},
	} {
		for _, err := range errs {
			if got := exitCode(err); got != want {
				t.Errorf("%v ends with %d, want %d", err, got, want)
			}
		}
	}
}

func TestAKeyIDThatBeginsWithADashIsNoFlag(t *testing.T) {
	kid := "-" + strings.Repeat("a", 42)
	for given, want := range map[string]string{
		"key revoke " + kid + " --data d":    "key revoke --data d -- " + kid,
		"key revoke --data d -- " + kid:      "key revoke --data d -- " + kid,
		"key revoke abc --data d":            "key revoke abc --data d",
		"key list " + kid:                    "key list " + kid,
		"key revoke --data=" + kid[:36] + "": "key revoke --data=" + kid[:36],
	} {
		if diff := cmp.Diff(strings.Fields(want), keyIDLast(strings.Fields(given))); diff != "" {
			t.Errorf("%s: %s", given, diff)
		}
	}
}
