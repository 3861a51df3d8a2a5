package pages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/tongid/tongid/provider/cookie"
	"github.com/tongid/tongid/templates"
)

// display is how a person wants to read: language and text size.
type display struct {
	lang   string
	large  bool
	chosen time.Time // when the person chose on our pages, zero if never
}

// displayLife is how long a browser keeps the choice.
const displayLife = 365 * 24 * time.Hour

// displayOf reads the choice made on our pages, else the browser's language,
// else Chinese.
func (p *Pages) displayOf(r *http.Request) display {
	if d, ok := parseDisplay(p.Flow.Jar.Get(r, cookie.Display)); ok {
		return d
	}
	return display{lang: p.languages.accepted(r.Header.Get("Accept-Language"))}
}

// displayFor applies the ui_locales of an authorization request that came at that
// time (OIDC Core §3.1.2.1): it wins over what was chosen before, not over what
// the person chose since.
func (p *Pages) displayFor(d display, locales string, at time.Time) display {
	// The cookie tells whole seconds.
	if lang, ok := p.languages.requested(locales); ok && d.chosen.Before(at.Truncate(time.Second)) {
		d.lang = lang
	}
	return d
}

func (d display) String() string {
	size := "0"
	if d.large {
		size = "1"
	}
	return d.lang + "." + size + "." + strconv.FormatInt(d.chosen.Unix(), 10)
}

func parseDisplay(s string) (display, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return display{}, false
	}
	lang, ok := known(parts[0])
	seconds, err := strconv.ParseInt(parts[2], 10, 64)
	if !ok || err != nil {
		return display{}, false
	}
	return display{lang: lang, large: parts[1] == "1", chosen: time.Unix(seconds, 0)}, true
}

func known(lang string) (string, bool) {
	i := slices.Index(templates.Languages(), lang)
	if i < 0 {
		return "", false
	}
	return templates.Languages()[i], true
}

// languages picks among the languages of the pages.
type languages struct{ matcher language.Matcher }

func newLanguages() languages {
	var tags []language.Tag
	for _, l := range templates.Languages() {
		tags = append(tags, language.Make(l))
	}
	return languages{language.NewMatcher(tags)}
}

// accepted picks the language of an Accept-Language header (RFC 9110 §12.5.4).
func (l languages) accepted(header string) string {
	const longest = 200 // what browsers send is far shorter
	var tags []language.Tag
	if len(header) <= longest {
		tags, _, _ = language.ParseAcceptLanguage(header) // a header that is none asks for nothing
	}
	lang, _ := l.best(tags)
	return lang
}

// requested picks the language of a ui_locales parameter, if we have one of them.
func (l languages) requested(locales string) (string, bool) {
	const most = 10
	var tags []language.Tag
	for s := range strings.SplitSeq(locales, " ") {
		if tag, err := language.Parse(s); err == nil && len(tags) < most {
			tags = append(tags, tag)
		}
	}
	return l.best(tags)
}

// best is the most wanted language that we have; false, and the default, if we
// have none of them.
func (l languages) best(tags []language.Tag) (string, bool) {
	_, i, confidence := l.matcher.Match(tags...)
	if confidence == language.No {
		return templates.Languages()[0], false
	}
	return templates.Languages()[i], true
}
