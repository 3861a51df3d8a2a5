package guard

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// MaxFile is the longest file that is taken where files are.
const MaxFile = 1 << 20

// MaxUpload bounds the body of a form that may bring a file. A file that is too long
// by less is told so on its page.
const MaxUpload = 4 * MaxFile

// maxParts bounds the fields beside a file.
const maxParts = 32

// File is what a form brought besides its fields. It stands in memory alone.
type File struct {
	Data []byte
	// Long says that there was more of it than MaxFile; Data is empty then.
	Long bool
}

// ReadUpload reads a form that may bring one file, in the field of that name
// (RFC 7578). The file is nil if none was chosen. A form without any is read as by
// ReadForm, and so is every form where no such field is expected.
func ReadUpload(r *http.Request, field string) (*Form, *File, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if field == "" || err != nil || kind != echo.MIMEMultipartForm || len(r.Header.Values(echo.HeaderContentType)) > 1 {
		f, err := ReadForm(r)
		return f, nil, err
	}
	var file *File
	values := url.Values{}
	parts := multipart.NewReader(r.Body, params["boundary"])
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return &Form{values: values}, file, nil
		}
		if err != nil {
			return nil, nil, uploadFault(err)
		}
		name := part.FormName()
		if n == maxParts || values.Has(name) || name == "" {
			return nil, nil, echo.ErrBadRequest
		}
		if name != field {
			data, err := io.ReadAll(io.LimitReader(part, MaxBody+1))
			if err != nil || len(data) > MaxBody {
				return nil, nil, uploadFault(err)
			}
			values.Set(name, string(data))
			continue
		}
		if file != nil {
			return nil, nil, echo.ErrBadRequest
		}
		if file, err = readFile(part); err != nil {
			return nil, nil, uploadFault(err)
		}
	}
}

// readFile reads a part that is a file; nil if the browser sent one of no name,
// which stands for none.
func readFile(part *multipart.Part) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(part, MaxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > MaxFile:
		_, err := io.Copy(io.Discard, part) // as far as the body's bound
		return &File{Long: true}, err
	case len(data) == 0 && strings.TrimSpace(part.FileName()) == "":
		return nil, nil //nolint:nilnil // none, and no fault
	}
	return &File{Data: data}, nil
}

func uploadFault(err error) error {
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return echo.ErrStatusRequestEntityTooLarge
	}
	return echo.ErrBadRequest.WithInternal(err)
}
