package message

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// lookup reads one scalar of a JSON document by a path of names and indexes with
// dots between them: "Response.SendStatusSet.0.Code". Numbers are returned as
// they are written, booleans as true and false; everything else is not there.
func lookup(document any, path string) (string, bool) {
	for step := range strings.SplitSeq(path, ".") {
		switch at := document.(type) {
		case map[string]any:
			document = at[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return "", false
			}
			document = at[i]
		default:
			return "", false
		}
	}
	switch value := document.(type) {
	case string:
		return value, true
	case json.Number:
		return value.String(), true
	case bool:
		return strconv.FormatBool(value), true
	default:
		return "", false
	}
}

func decodeAny(a *outbound.Answer) (any, error) {
	d := json.NewDecoder(bytes.NewReader(a.Body))
	d.UseNumber()
	var document any
	if err := d.Decode(&document); err != nil {
		return nil, outbound.Unreadable("no JSON")
	}
	return document, nil
}
