package mandateapi_test

import (
	"net/http"
	"testing"
)

// Whatever is sent, the answer is one of ours and as it is described.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		question(`{"phone":"` + phone + `"}`), question(`{"doc_type":"resident_id","doc_number":"` + citizen + `"}`), `{"questions":[{}]}`,
		`{"maxEvents":0,"ack":["a"],"setErrs":{"a":{"err":"x"}}}`, `{"a":1e999,"b":[[]],"c":"\ud800"}`, "\xff", `{"returnImmediately":true,"maxEvents":-1}`,
	} {
		f.Add(0, body)
		f.Add(1, body)
		f.Add(2, body)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, which int, body string) {
		w.t, w.due = t, nil
		path := []string{pathCheck, pathBatch, pathPoll}[uint(which)%3]
		if path == pathPoll {
			w.due = append(w.due, w.one()) // or it waits
		}
		switch rec := w.send(http.MethodPost, path, "hall", jsonType, body); rec.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("%s %q: %d", path, body, rec.Code)
		}
	})
}
