package templates

import "time"

// FaceConsent asks for the separate consent to the processing of a face: field
// face_consent=1.
type FaceConsent struct {
	Form

	Action    string // where the form posts to
	Act       string // what the check is for, under face.act
	Subject   string // name of the enterprise concerned, empty for a person's own affair
	Person    string // whose face, masked
	LegalType string // of the enterprise: says what the person is to it
	Others    []Way  // other kinds of proof that exist
	Back      string // where not agreeing leads
}

func (FaceConsent) name() string { return "face-consent" }

// Face waits on the computer while a phone looks at the face: a QR code, the
// number to match, how it stands. The main button asks how it ended; action=again
// begins anew.
type Face struct {
	Form

	Self      string // address of this page, with its case; its form posts there
	Act       string // under face.act
	Subject   string // name of the enterprise concerned, empty for a person's own affair
	Person    string // masked
	LegalType string // of the enterprise
	State     string // under face.state: waiting, opened, passed, failed, expired, cancelled
	Reason    string // of failed, under face.reason
	Ticket    string
	QRImage   string // address of the picture
	Match     string // two digits to be chosen on the phone
	PhoneURL  string // the phone's page, for those who are on a phone already
	// StateURL answers {"state":"…"} as JSON, for the script. On a change it
	// fetches Self anew, or sends the form if the state is passed.
	StateURL    string
	SecondsLeft int
	Others      []Way  // other kinds of proof that exist
	Back        string // where what was typed can be corrected
	Refused     bool   // trying again cannot help: what was typed has to be corrected
}

func (Face) name() string { return "face" }

// Running reports whether there is something to wait for.
func (f Face) Running() bool { return f.State == "waiting" || f.State == "opened" }

// Goes reports whether the script sends the form at once: the check is passed, and
// nothing that came after it was refused.
func (f Face) Goes() bool { return f.State == "passed" && len(f.Refusals) == 0 }

// Stopped reports whether the check is passed but what came after it was refused.
func (f Face) Stopped() bool { return f.State == "passed" && len(f.Refusals) > 0 }

// Over reports whether only a new check can help.
func (f Face) Over() bool {
	return f.State == "failed" || f.State == "expired" || f.State == "cancelled"
}

// FacePhone is the phone's side, at /face/phone/{ticket}: it names what is being
// approved and asks for the number on the computer (match=NN) or action=refuse.
type FacePhone struct {
	Form

	Action    string
	Act       string // under face.act
	Subject   string // the enterprise concerned
	Person    string // masked
	LegalType string
	Site      string // name of the portal that they come from, if any
	Address   string // IP address of whoever asks
	Place     string // where that is, if known
	UserAgent string // of the computer's browser
	At        time.Time
	Numbers   []string // one of them is right
}

func (FacePhone) name() string { return "face-phone" }

// FacePhoneDone says on the phone how it ended.
type FacePhoneDone struct {
	Outcome string // under face.outcome: finished, wrong_number, refused, expired, used, unavailable
	Act     string // under face.act
	Next    string // where a person goes on who does it all on this phone
}

func (FacePhoneDone) name() string { return "face-phone-done" }

// FaceSimulator plays the provider's page that looks at a face. Buttons result=
// pass, fail, cancel, expire; with fail goes reason, a word under face.reason.
type FaceSimulator struct {
	Form

	Action string
	Ticket string
	Name   string // masked
	Number string // masked
	State  string // under face.state: waiting, or how it was answered
	Next   string // where the provider sends the phone afterwards, once answered
}

func (FaceSimulator) name() string { return "simulator-face" }

// Sentences is the outcome whose sentences are shown.
func (p FacePhoneDone) Sentences() string {
	if Has("face.outcome." + p.Outcome + ".title") {
		return p.Outcome
	}
	return "expired"
}
