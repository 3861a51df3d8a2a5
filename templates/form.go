package templates

import (
	"fmt"
	"slices"
	"strings"
)

// Refusal is one thing that a form was refused for.
type Refusal struct {
	// Field is the name of the form field it belongs to, empty for the whole form.
	Field string
	// Code names the sentence: refusal.<code>.<field>.<page> or
	// refusal.<code>.<field> where that exists, else refusal.<code>.
	Code string
	Args []any
	AsOf string // date of the register's facts that it rests on, YYYY-MM-DD
	// Way is what the person can do about it, if there is a page for that.
	Way Way
}

// Way is a link whose name is the sentence way.<Key>.
type Way struct {
	Key string
	URL string
}

// Form is what every page with a form has.
type Form struct {
	Flow     string // hidden field flow: the pending authorization, empty outside one
	Case     string // hidden field case: this run of a wizard, empty outside one
	Refusals []Refusal
	// WaitSeconds is how long to wait before the next try, 0 if not at all.
	WaitSeconds int
}

func (f Form) form() Form { return f }

// former is a page with a form.
type former interface{ form() Form }

// formOf returns the page's form, or an empty one.
func formOf(p Page) Form {
	if f, ok := p.(former); ok {
		return f.form()
	}
	return Form{}
}

// Captcha is the picture question of a form.
type Captcha struct {
	Off   bool   // not asked at all
	ID    string // hidden field captcha_id
	Image string // address of the picture
	Audio string // address of the spoken form, empty if there is none
	// Again, if set, is an address prefix: with a number appended it gives a new
	// picture of the same captcha. The script then changes the picture without
	// sending the form. Without it, or without script, the button sends the form
	// with action=new-captcha.
	Again string
}

// field is one labelled input, made by the template function of that name.
type field struct {
	Name         string
	Type         string
	Label        string
	Value        string
	Placeholder  string
	Hint         string
	Error        string
	Autocomplete string
	InputMode    string
	Optional     bool
	Marked       bool // show the star of a field that must be filled
	Plain        bool // no correction, capitals or spelling: names, codes
	Checked      bool
	Max          int // characters, for a counter
	Choices      []choice
	Note         string // id of one more element that explains the field

	// Words that follow the legal type: all of them, for the script (rolesOf).
	Labels, Placeholders, Hints string

	role string
}

// choice is one of a select's or radio group's values.
type choice struct {
	Value, Label string
	Selected     bool
	Role         int // of a legal type: its place in roles()
}

// DescribedBy lists the ids of what explains the field.
func (f field) DescribedBy() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.Name+"-error")
	}
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Note != "" {
		ids = append(ids, f.Note)
	}
	return strings.Join(ids, " ")
}

// newField reads the options of a template call: name, then pairs. Values of
// label, placeholder and hint are catalogue keys; after the option rep, which
// takes a legal type, those keys may hold %s for the role of whoever stands at
// the head of such an organisation.
func (v vocabulary) newField(s screen, name string, options ...any) (field, error) {
	f := field{Name: name, Type: "text", Error: v.fieldError(s.Page, name)}
	if len(options)%2 != 0 {
		return f, fmt.Errorf("field %s: options come in pairs", name)
	}
	for option := range slices.Chunk(options, 2) {
		if err := v.setOption(&f, option[0], option[1]); err != nil {
			return f, fmt.Errorf("field %s: %w", name, err)
		}
	}
	if f.Label == "" {
		return f, fmt.Errorf("field %s: no label", name)
	}
	return f, nil
}

func (v vocabulary) setOption(f *field, option, value any) error {
	text, _ := value.(string)
	flag, _ := value.(bool)
	switch option {
	case "type":
		f.Type = text
	case "value":
		f.Value = text
	case "error": // the style guide's own
		f.Error = text
	case "autocomplete":
		f.Autocomplete = text
	case "inputmode":
		f.InputMode = text
	case "optional":
		f.Optional = flag
	case "marked":
		f.Marked = flag
	case "plain":
		f.Plain = flag
	case "checked":
		f.Checked = flag
	case "note":
		f.Note = text
	case "rep":
		f.role = roleOf(text)
	case "max":
		n, ok := value.(int)
		if !ok {
			return fmt.Errorf("max is %T, not a number", value)
		}
		f.Max = n
	case "choices":
		choices, ok := value.([]choice)
		if !ok {
			return fmt.Errorf("choices are %T", value)
		}
		f.Choices = choices
	default:
		return v.setSentence(f, option, text)
	}
	return nil
}

func (v vocabulary) setSentence(f *field, option any, key string) error {
	sentence, err := v.roleText(key, f.role)
	if err != nil {
		return err
	}
	switch option {
	case "label":
		f.Label, f.Labels = sentence.Text, sentence.All
	case "placeholder":
		f.Placeholder, f.Placeholders = sentence.Text, sentence.All
	case "hint":
		f.Hint, f.Hints = sentence.Text, sentence.All
	default:
		return fmt.Errorf("unknown option %v", option)
	}
	return nil
}

// fieldError joins the sentences of all refusals of one field.
func (v vocabulary) fieldError(p Page, name string) string {
	var sentences []string
	for _, r := range formOf(p).Refusals {
		if r.Field == name {
			sentences = append(sentences, v.refusalOn(p, r))
		}
	}
	return strings.Join(sentences, " ")
}
