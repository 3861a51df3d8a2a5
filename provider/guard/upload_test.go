package guard

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// parcel makes a form with a file.
func parcel(t *testing.T, fill func(w *multipart.Writer)) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fill(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, MaxUpload)
	return r
}

func field(t *testing.T, w *multipart.Writer, name, value string) {
	t.Helper()
	if err := w.WriteField(name, value); err != nil {
		t.Fatal(err)
	}
}

func attach(t *testing.T, w *multipart.Writer, name, file string, size int) {
	t.Helper()
	part, err := w.CreateFormFile(name, file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(bytes.Repeat([]byte("x"), size)); err != nil {
		t.Fatal(err)
	}
}

func TestReadUpload(t *testing.T) {
	for name, test := range map[string]struct {
		fill func(w *multipart.Writer)
		want int  // length of the file, -1 for none
		long bool // it was longer
		code int
	}{
		"a file":           {func(w *multipart.Writer) { attach(t, w, "file", "a.csv", 10) }, 10, false, 0},
		"an empty file":    {func(w *multipart.Writer) { attach(t, w, "file", "a.csv", 0) }, 0, false, 0},
		"none chosen":      {func(w *multipart.Writer) { attach(t, w, "file", "", 0) }, -1, false, 0},
		"none at all":      {func(*multipart.Writer) {}, -1, false, 0},
		"at the limit":     {func(w *multipart.Writer) { attach(t, w, "file", "a", MaxFile) }, MaxFile, false, 0},
		"over it":          {func(w *multipart.Writer) { attach(t, w, "file", "a", MaxFile+1) }, 0, true, 0},
		"far over it":      {func(w *multipart.Writer) { attach(t, w, "file", "a", MaxUpload) }, 0, false, http.StatusRequestEntityTooLarge},
		"two files":        {func(w *multipart.Writer) { attach(t, w, "file", "a", 1); attach(t, w, "file", "b", 1) }, 0, false, http.StatusBadRequest},
		"a field twice":    {func(w *multipart.Writer) { field(t, w, "csrf", "x"); field(t, w, "csrf", "y") }, 0, false, http.StatusBadRequest},
		"a long field":     {func(w *multipart.Writer) { field(t, w, "a", strings.Repeat("x", MaxBody+1)) }, 0, false, http.StatusBadRequest},
		"a nameless field": {func(w *multipart.Writer) { field(t, w, "", "x") }, 0, false, http.StatusBadRequest},
		"many fields": {func(w *multipart.Writer) {
			for i := range 50 {
				field(t, w, strings.Repeat("a", i+1), "x")
			}
		}, 0, false, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			form, file, err := ReadUpload(parcel(t, func(w *multipart.Writer) {
				field(t, w, "case", "k1")
				test.fill(w)
			}), "file")
			if test.code != 0 {
				if fault, ok := errors.AsType[*echo.HTTPError](err); !ok || fault.Code != test.code {
					t.Errorf("got %v, want %d", err, test.code)
				}
				return
			}
			if err != nil || form.Token("case") != "k1" {
				t.Fatalf("%v, form %+v", err, form)
			}
			if test.want < 0 {
				if file != nil {
					t.Errorf("a file of %d", len(file.Data))
				}
				return
			}
			if file == nil || len(file.Data) != test.want || file.Long != test.long {
				t.Errorf("file %+v", file)
			}
		})
	}
}

// Where no file is expected a form with one is of the wrong kind, and what is no
// multipart form is read as every other.
func TestReadUploadElsewhere(t *testing.T) {
	_, _, err := ReadUpload(parcel(t, func(w *multipart.Writer) { attach(t, w, "file", "a", 1) }), "")
	if !errors.Is(err, echo.ErrUnsupportedMediaType) {
		t.Errorf("unexpected file: %v", err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("case=k1"))
	r.Header.Set("Content-Type", echo.MIMEApplicationForm)
	if form, file, err := ReadUpload(r, "file"); err != nil || file != nil || form.Token("case") != "k1" {
		t.Errorf("plain form: %v", err)
	}
	r = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("--x\r\nbroken"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if _, _, err := ReadUpload(r, "file"); err == nil {
		t.Error("a broken body was read")
	}
}
