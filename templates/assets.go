package templates

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// StaticPath is where the server answers with assets.
const StaticPath = "/static/"

// Static is the tree of embedded assets under their plain names.
func Static() fs.FS {
	sub, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	return sub
}

// Asset is a file that pages refer to. Its name holds a hash of its bytes, so an
// answer may be cached for ever.
type Asset struct {
	Name        string // as in the address after StaticPath: app.0123456789ab.css
	ContentType string
	Body        []byte
	Gzip        []byte // Body compressed, nil where that gains nothing
}

// assets are looked up both ways: plain name for templates, hashed for requests.
type assets struct {
	hashed map[string]string // plain name → hashed name
	byName map[string]Asset  // hashed name → asset
}

// emblemName is the asset that the banner shows; a configured emblem takes its
// place.
const emblemName = "emblem.svg"

// loadAssets reads the embedded files and the configured emblem.
func loadAssets(emblem string) (*assets, error) {
	a := &assets{hashed: map[string]string{}, byName: map[string]Asset{}}
	files := Static()
	names, err := fs.Glob(files, "*")
	if err != nil {
		return nil, fmt.Errorf("templates: list assets: %w", err)
	}
	// Style sheets last: they refer to pictures by name.
	slices.SortStableFunc(names, func(x, y string) int { return styleRank(x) - styleRank(y) })
	for _, name := range names {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("templates: read asset: %w", err)
		}
		if path.Ext(name) == ".css" {
			body = a.pointToHashed(body)
		}
		if err := a.add(name, name, body); err != nil {
			return nil, err
		}
	}
	if emblem != "" {
		body, err := os.ReadFile(emblem)
		if err != nil {
			return nil, fmt.Errorf("brand: emblem: %w", err)
		}
		if err := a.add(emblemName, "emblem"+strings.ToLower(path.Ext(emblem)), body); err != nil {
			return nil, fmt.Errorf("brand: emblem: %w", err)
		}
	}
	return a, nil
}

func styleRank(name string) int {
	if path.Ext(name) == ".css" {
		return 1
	}
	return 0
}

// pointToHashed makes url("backdrop.svg") the hashed name, which lies beside the
// style sheet.
func (a *assets) pointToHashed(css []byte) []byte {
	for plain, hashed := range a.hashed {
		css = bytes.ReplaceAll(css, []byte(`url("`+plain+`")`), []byte(`url("`+hashed+`")`))
	}
	return css
}

// add makes body the asset that templates call plain, served as file.
func (a *assets) add(plain, file string, body []byte) error {
	kind, ok := contentType(path.Ext(file))
	if !ok {
		return fmt.Errorf("templates: asset %s: unknown kind of file", file)
	}
	sum := sha256.Sum256(body)
	ext := path.Ext(file)
	name := strings.TrimSuffix(file, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	small, err := compress(body)
	if err != nil {
		return fmt.Errorf("templates: asset %s: %w", file, err)
	}
	a.hashed[plain] = name
	a.byName[name] = Asset{Name: name, ContentType: kind, Body: body, Gzip: small}
	return nil
}

// contentType is a table rather than mime.TypeByExtension, whose answers depend
// on the machine.
func contentType(ext string) (string, bool) {
	kind, ok := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
		".ico": "image/x-icon",
	}[ext]
	return kind, ok
}

// compress returns nil when it would save less than a tenth.
func compress(body []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if out.Len() > len(body)*9/10 {
		return nil, nil
	}
	return out.Bytes(), nil
}

// Asset finds an asset by the last part of its address.
func (r *Renderer) Asset(name string) (Asset, bool) {
	asset, ok := r.assets.byName[name]
	return asset, ok
}

// AssetURL is the address of the asset with that plain name ("favicon.ico"), or
// empty if there is none.
func (r *Renderer) AssetURL(plain string) string {
	name, ok := r.assets.hashed[plain]
	if !ok {
		return ""
	}
	return StaticPath + name
}
