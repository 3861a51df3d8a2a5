package templates

import (
	"fmt"
	"html/template"
	"time"
)

// vocabulary is what templates of one language can say.
type vocabulary struct{ lang string }

// funcs are the functions that templates of one language may call.
func (r *Renderer) funcs(lang string) template.FuncMap {
	v := vocabulary{lang}
	return template.FuncMap{
		"t":        v.text,
		"say":      v.say,
		"refusal":  func(s screen, r Refusal) string { return v.refusalOn(s.Page, r) },
		"pick":     func(zh, en string) string { return inLang(lang, zh, en) },
		"asset":    r.asset,
		"field":    v.newField,
		"choice":   v.choice,
		"choices":  func(all ...choice) []choice { return all },
		"form":     formOf,
		"pageName": Page.name,
		"other":    otherLang,
		"search":   func() *search { return r.search },
		"facts":    func() []footerFact { return r.brand.facts(lang) },
		"time":     v.time,
		"clock":    v.clock,
		"datetime": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"device":   v.device,
		"wait":     v.wait,
		"newSteps": v.newSteps,
		"newPages": newPages,
		"newTerm":  v.newTerm,
		"dated":    v.dated,
		"actSteps": v.actSteps,

		"activityWho": v.activityWho,

		"legalTypes": v.legalTypes,
		"docTypes":   v.docTypes,
		"roleText":   v.roleTextOf,
		"agreement":  func(document string) (agreementText, error) { return r.agreementIn(lang, document) },
	}
}

// text is the sentence of a key that a template names itself: one that does not
// exist is a mistake.
func (v vocabulary) text(key string, args ...any) (string, error) {
	if _, ok := sentenceOf(v.lang, key); !ok {
		return "", fmt.Errorf("no sentence %q", key)
	}
	return Say(v.lang, key, args...), nil
}

// say is the sentence of a code that came with the page's data. Codes without a
// sentence get the group's "other", for instance scope.other.
func (v vocabulary) say(group, code string, args ...any) string {
	key := group + "." + code
	if _, ok := sentenceOf(v.lang, key); !ok {
		key = group + ".other"
	}
	return Say(v.lang, key, args...)
}

// refusalOn prefers the sentence that is made for the field on that page, then
// the field's on any page.
func (v vocabulary) refusalOn(p Page, r Refusal) string {
	sentence := v.plainRefusal(p, r)
	if r.AsOf != "" {
		sentence += Say(v.lang, "register.as_of", r.AsOf)
	}
	return sentence
}

func (v vocabulary) plainRefusal(p Page, r Refusal) string {
	key := "refusal." + r.Code
	if r.Field == "" {
		return Say(v.lang, key, r.Args...)
	}
	for _, special := range []string{key + "." + r.Field + "." + p.name(), key + "." + r.Field} {
		if _, ok := sentenceOf(v.lang, special); ok {
			return Say(v.lang, special, r.Args...)
		}
	}
	return Say(v.lang, key, r.Args...)
}

func (v vocabulary) choice(value, key, selected string) (choice, error) {
	label, err := v.text(key)
	return choice{Value: value, Label: label, Selected: value == selected}, err
}

func (r *Renderer) asset(plain string) (string, error) {
	address := r.AssetURL(plain)
	if address == "" {
		return "", fmt.Errorf("no asset %q", plain)
	}
	return address, nil
}

func otherLang(lang string) string {
	if lang == English {
		return Chinese
	}
	return English
}

// beijing is the time that people read (北京时间, UTC+8 without summer time). It
// is fixed here rather than looked up: time zone data may be missing.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

// time is a moment as people write it.
func (v vocabulary) time(t time.Time) string {
	if v.lang == English {
		return t.In(beijing()).Format("2 January 2006, 15:04")
	}
	return t.In(beijing()).Format("2006年1月2日 15:04")
}

// dated is a date, YYYY-MM-DD, as people write it. What is none stays as it is.
func (v vocabulary) dated(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	if v.lang == English {
		return t.Format("2 January 2006")
	}
	return t.Format("2006年1月2日")
}

// clock is a moment to the second.
func (v vocabulary) clock(t time.Time) string {
	if v.lang == English {
		return t.In(beijing()).Format("2 January 2006, 15:04:05")
	}
	return t.In(beijing()).Format("2006年1月2日 15:04:05")
}

// wait is a duration in minutes and seconds, in words.
func (v vocabulary) wait(seconds int) string {
	minutes, rest := seconds/60, seconds%60
	switch {
	case minutes == 0:
		return Say(v.lang, "wait.seconds", rest)
	case rest == 0:
		return Say(v.lang, "wait.minutes", minutes)
	default:
		return Say(v.lang, "wait.both", minutes, rest)
	}
}
