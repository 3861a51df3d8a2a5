package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

//go:embed agreements
var agreementFiles embed.FS

// Agreement shows one of the documents that people agree to, at
// /agreement/<document>.
type Agreement struct {
	Document string // of Agreements()
}

func (Agreement) name() string { return "agreement" }

// Agreements lists the documents that people agree to: 服务协议, 隐私政策,
// 人脸信息处理告知同意书.
func Agreements() []string { return []string{"service", "privacy", "face"} }

// AgreementVersion says exactly which text was agreed to, for the record of a
// consent.
type AgreementVersion struct {
	Document string
	Version  string
	Date     string // YYYY-MM-DD, from when it holds
	SHA256   string // of the text as it was shown, in hex
}

// Agreement is the current version of a document in one language.
func (r *Renderer) Agreement(lang, document string) (AgreementVersion, error) {
	a, err := r.agreementIn(lang, document)
	return a.AgreementVersion, err
}

// agreementText is a document, ready to be shown.
type agreementText struct {
	AgreementVersion

	Title    string
	Intro    []paragraph
	Sections []agreementSection
}

type agreementSection struct {
	Heading string
	Text    []paragraph
}

// paragraph is a text or a list.
type paragraph struct {
	Text  string
	Items []string
}

func (r *Renderer) agreementIn(lang, document string) (agreementText, error) {
	a, ok := r.agreements[lang][document]
	if !ok {
		return a, fmt.Errorf("templates: no agreement %q", document)
	}
	return a, nil
}

// loadAgreements reads all documents in all languages, with the brand's names.
func loadAgreements(b Brand) (map[string]map[string]agreementText, error) {
	all := map[string]map[string]agreementText{}
	for _, lang := range Languages() {
		owner := inLang(lang, b.Owner, b.OwnerEN)
		if owner == "" {
			owner = Say(lang, "agreement.owner")
		}
		names := strings.NewReplacer("{site}", inLang(lang, b.Name, b.NameEN), "{owner}", owner, "{app}", b.faceApp(lang))
		all[lang] = map[string]agreementText{}
		for _, document := range Agreements() {
			file := "agreements/" + document + "." + lang + ".txt"
			raw, err := agreementFiles.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("templates: %w", err)
			}
			a, err := parseAgreement(names.Replace(string(raw)))
			if err != nil {
				return nil, fmt.Errorf("templates: %s: %w", file, err)
			}
			a.Document = document
			all[lang][document] = a
		}
	}
	return all, nil
}

// parseAgreement reads a document: the lines "version: " and "date: ", then a
// title "# ", sections "## ", items "- " and paragraphs of one line each.
func parseAgreement(raw string) (agreementText, error) {
	sum := sha256.Sum256([]byte(raw))
	var a agreementText
	a.SHA256 = hex.EncodeToString(sum[:])
	for line := range strings.Lines(raw) {
		line = strings.TrimSpace(line)
		kind, rest, _ := strings.Cut(line, " ")
		text := &a.Intro
		if n := len(a.Sections); n > 0 {
			text = &a.Sections[n-1].Text
		}
		switch kind {
		case "":
		case "version:":
			a.Version = rest
		case "date:":
			a.Date = rest
		case "#":
			a.Title = rest
		case "##":
			a.Sections = append(a.Sections, agreementSection{Heading: rest})
		case "-":
			if n := len(*text); n == 0 || (*text)[n-1].Items == nil {
				*text = append(*text, paragraph{})
			}
			last := &(*text)[len(*text)-1]
			last.Items = append(last.Items, rest)
		default:
			*text = append(*text, paragraph{Text: line})
		}
	}
	if a.Version == "" || a.Date == "" || a.Title == "" || len(a.Sections) == 0 {
		return a, errors.New("an agreement needs a version, a date, a title and sections")
	}
	return a, nil
}

// Known is the document that is shown: an unknown name reads like the first.
func (p Agreement) Known() string {
	if slices.Contains(Agreements(), p.Document) {
		return p.Document
	}
	return Agreements()[0]
}
