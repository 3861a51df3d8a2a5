package templates

import (
	"errors"
	"fmt"
)

// SMS is what a form knows of the code that its button action=send-sms sends.
type SMS struct {
	Sent    bool   // a code was sent and lives: the form asks no captcha
	To      string // where it went, masked
	Again   int    // seconds until another may be sent, 0 if at once
	Minutes int    // how long the code lives
	// Maybe is set where the page must not say whether anything was sent: in a
	// recovery, a code goes out only if everything that was typed is right.
	Maybe bool
}

// messageParams lists the parameters of each kind of short message, in the order
// in which the sentence sms.<kind> takes them.
func messageParams(kind string) ([]string, bool) {
	params, ok := map[string][]string{
		"code":              {"purpose", "code", "minutes"},
		"password_reset":    {"time"},
		"phone_changed":     {"tail"},
		"account_closing":   {"date"},
		"registered":        {},
		"register_match":    {"tail"},
		"register_mismatch": {"tail"},
		"mandate_granted":   {"tail", "until"},
		"mandate_invited":   {"tail"},
		"mandate_ended":     {"tail"},
		"mandate_ending":    {"tail", "until"},

		"enterprise_changed": {"tail"},
	}[kind]
	return params, ok
}

// Message is the text of a short message of one kind, behind the brand's sign.
// Parameters: purpose (a word under sms.purpose), code, minutes, time and date
// (in words), until (YYYY-MM-DD), tail (the last digits of a phone or of a credit
// code). A short
// message names nobody: it cannot carry every character of a name.
func (r *Renderer) Message(lang, kind string, params map[string]string) (string, error) {
	v := vocabulary{lang}
	names, ok := messageParams(kind)
	if !ok {
		return "", fmt.Errorf("templates: no message of kind %q", kind)
	}
	var args []any
	var faults []error
	for _, name := range names {
		value := params[name]
		if value == "" {
			faults = append(faults, fmt.Errorf("templates: message %s: no %s", kind, name))
		}
		if name == "purpose" {
			words, err := v.text("sms.purpose." + value)
			if err != nil {
				faults = append(faults, fmt.Errorf("templates: message %s: %w", kind, err))
			}
			value = words
		}
		args = append(args, value)
	}
	if err := errors.Join(faults...); err != nil {
		return "", err
	}
	text, err := v.text("sms."+kind, args...)
	return Say(lang, "sms.sign", r.MessageSign(lang)) + text, err
}

// MessageSign is the 签名 that stands before every message.
func (r *Renderer) MessageSign(lang string) string {
	return inLang(lang, r.brand.SMSSign, r.brand.SMSSignEN)
}
