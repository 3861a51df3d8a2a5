package accounts

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// asked is a form of 个人注册 to whose phone a code was sent.
func asked(t *testing.T, o *office) *Case {
	t.Helper()
	c := o.begin(t, CaseRegisterPerson)
	must(t, o.SendPersonCode(t.Context(), c, typed(sunForm())))
	return c
}

func wrongCode(right string) string {
	n, _ := strconv.Atoi(right)
	return strconv.Itoa(100000 + (n+1)%900000)
}

func (o *office) verify(t *testing.T, c *Case, phone, code string) error {
	t.Helper()
	return o.Codes.Verify(t.Context(), c, phone, code, func(*Case) {})
}

func TestCodeIsSentAndSaysWhatItIsFor(t *testing.T) {
	o := newOffice()
	c := asked(t, o)
	m := o.posted[0]
	if len(o.posted) != 1 || m.Phone != sunPhone || m.Purpose != PurposeRegister || m.Kind != KindCode {
		t.Fatalf("posted %+v", o.posted)
	}
	if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(m.Params["code"]) || m.Params["minutes"] != "5" || m.Params["purpose"] != "register" {
		t.Errorf("params %v", m.Params)
	}
	if !m.ExpiresAt.Equal(o.now.Add(5*time.Minute)) || !regexp.MustCompile(`^[0-9a-z]{32}$`).MatchString(m.ID) || m.Text == "" {
		t.Errorf("message %+v", m)
	}
	if c.Form["name"] != "孙七" || c.Form["phone"] != "13800000004" {
		t.Errorf("the case does not remember what was typed: %v", c.Form)
	}
	for _, r := range o.shelf.records[c.ID] {
		if regexp.MustCompile(`"` + m.Params["code"] + `"`).Match(r.Data) {
			t.Error("the code itself stands in the case")
		}
	}
	must(t, o.verify(t, c, sunPhone, m.Params["code"]))
	if c.PhoneProof != sunPhone || c.Code != nil {
		t.Errorf("after the right code: proof %q, code %v", c.PhoneProof, c.Code)
	}
	wantRefused(t, "the same code again", o.verify(t, c, sunPhone, m.Params["code"]), CodeSMSNotSent, "sms_code")
}

func TestCodeHasFiveTries(t *testing.T) {
	o := newOffice()
	c := asked(t, o)
	right := o.lastCode(sunPhone)
	for range 4 {
		wantRefused(t, "wrong", o.verify(t, c, sunPhone, wrongCode(right)), CodeSMSWrong, "sms_code")
	}
	wantRefused(t, "nothing typed", o.verify(t, c, sunPhone, ""), CodeSMSRequired, "sms_code") // no try
	wantRefused(t, "the fifth", o.verify(t, c, sunPhone, wrongCode(right)), CodeSMSTooMany, "sms_code")
	wantRefused(t, "right, but too late", o.verify(t, c, sunPhone, right), CodeSMSTooMany, "sms_code")
	if c.Code.Alive(o.now) {
		t.Error("the code lives after five tries")
	}

	o.wait(time.Minute)
	must(t, o.SendPersonCode(t.Context(), c, typed(sunForm())))
	for range 4 {
		_ = o.verify(t, c, sunPhone, wrongCode(o.lastCode(sunPhone)))
	}
	must(t, o.verify(t, c, sunPhone, o.lastCode(sunPhone)))
}

// However many guess at once, five guesses are compared with the code.
func TestConcurrentGuessesAreCounted(t *testing.T) {
	o := newOffice()
	c := asked(t, o)
	right := o.lastCode(sunPhone)
	for range 4 { // rounds of browsers that loaded the same state, and of such that did not
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for i := range 50 {
			wg.Go(func() {
				mine, err := o.Cases.Load(t.Context(), c.Kind, c.ID, c.Browser)
				if err != nil {
					t.Error(err)
					return
				}
				err = o.verify(t, mine, sunPhone, wrongCode(right))
				_, refused := errors.AsType[*RefusalError](err)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					t.Errorf("guess %d was right", i)
				case refused:
					made++
				case !errors.Is(err, ErrConflict):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made == 0 {
			t.Error("no guess was counted")
		}
		if tries := o.reload(t, c).Code.Tries; tries > codeTries {
			t.Fatalf("%d tries were made", tries)
		}
	}
	moves := len(o.shelf.records[c.ID]) - 2 // put, and the code
	if moves > codeTries {
		t.Errorf("%d tries were counted", moves)
	}
	for o.reload(t, c).Code.Tries < codeTries {
		_ = o.verify(t, o.reload(t, c), sunPhone, wrongCode(right))
	}
	wantRefused(t, "right, but too late", o.verify(t, o.reload(t, c), sunPhone, right), CodeSMSTooMany, "sms_code")
}

func TestCodeLivesFiveMinutes(t *testing.T) {
	for late, want := range map[time.Duration]Code{5*time.Minute - 1: "", 5 * time.Minute: CodeSMSExpired, time.Hour / 4: CodeSMSExpired} {
		o := newOffice()
		c := asked(t, o)
		o.wait(late)
		if c.Code.Alive(o.now) != (want == "") {
			t.Errorf("%v later: alive %v", late, want != "")
		}
		err := o.verify(t, c, sunPhone, o.lastCode(sunPhone))
		if want == "" {
			must(t, err)
			continue
		}
		wantRefused(t, late.String(), err, want, "sms_code")
	}
}

func TestCodeIsBound(t *testing.T) {
	o := newOffice()
	c := asked(t, o)
	right := o.lastCode(sunPhone)
	wantRefused(t, "for another phone", o.verify(t, c, strangerPhone, right), CodeSMSWrong, "sms_code")
	wantRefused(t, "for no phone", o.verify(t, c, "", right), CodeSMSWrong, "sms_code")

	foreign := *c
	foreign.Kind = CasePersonPhone
	wantRefused(t, "for another purpose", o.verify(t, &foreign, sunPhone, right), CodeSMSWrong, "sms_code")

	o.wait(time.Minute)
	other := asked(t, o)
	wantRefused(t, "in another wizard", o.verify(t, other, sunPhone, right), CodeSMSWrong, "sms_code")
	if _, err := o.Cases.Load(t.Context(), c.Kind, c.ID, visitor(2).Browser); !errors.Is(err, ErrCaseGone) {
		t.Errorf("another browser: %v", err)
	}
	if _, err := o.Cases.Load(t.Context(), CaseActivate, c.ID, c.Browser); !errors.Is(err, ErrCaseGone) {
		t.Errorf("another kind: %v", err)
	}
}

func TestResendReplacesTheCode(t *testing.T) {
	o := newOffice()
	c := asked(t, o)
	old := o.lastCode(sunPhone)
	for { // two codes are equal once in a million times
		o.wait(time.Minute)
		must(t, o.SendPersonCode(t.Context(), c, typed(sunForm())))
		if o.lastCode(sunPhone) != old {
			break
		}
	}
	wantRefused(t, "the code before", o.verify(t, c, sunPhone, old), CodeSMSWrong, "sms_code")
	must(t, o.verify(t, c, sunPhone, o.lastCode(sunPhone)))
}

func TestPhoneLimits(t *testing.T) {
	o := newOffice()
	send := func() error { // each time from another address and in another wizard
		c := o.begin(t, CaseRegisterPerson)
		in := typed(sunForm())
		in.Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(len(o.posted))})
		return o.SendPersonCode(t.Context(), c, in)
	}
	must(t, send())
	wantWait(t, "at once", o.now, send(), time.Minute)
	o.wait(30 * time.Second)
	wantWait(t, "half a minute later", o.now, send(), 30*time.Second)
	for range 4 {
		o.wait(time.Minute)
		must(t, send())
	}
	o.wait(time.Minute)
	wantWait(t, "the sixth of an hour", o.now, send(), 59*time.Minute)
	o.wait(59 * time.Minute)
	for range 5 {
		must(t, send())
		o.wait(time.Hour) // never five within an hour
	}
	wantWait(t, "the eleventh of a day", o.now, send(), 23*time.Hour)
	if len(o.posted) != 10 {
		t.Errorf("%d codes were sent", len(o.posted))
	}
	other := typed(sunForm(), "phone", "13911112222")
	must(t, o.SendPersonCode(t.Context(), o.begin(t, CaseRegisterPerson), other))
}

func TestAddressAndEnterpriseLimits(t *testing.T) {
	o := newOffice()
	phone := func(i int) string { return strconv.Itoa(13900000000 + i) }
	for i := range 20 {
		must(t, o.SendPersonCode(t.Context(), o.begin(t, CaseRegisterPerson), typed(sunForm(), "phone", phone(i))))
	}
	wantWait(t, "the 21st of an address", o.now,
		o.SendPersonCode(t.Context(), o.begin(t, CaseRegisterPerson), typed(sunForm(), "phone", phone(20))), time.Hour)

	spellings := []string{traderUSCC, "91220106ma54728040", " ９１２２０１０６ＭＡ５４７２８０４０ "}
	trader := func(i int) error {
		in := typed(traderForm(), "phone", phone(100+i), "uscc", spellings[i%3])
		in.Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
		return o.SendEnterpriseCode(t.Context(), o.begin(t, CaseRegisterEnterprise), in)
	}
	for i := range 10 {
		must(t, trader(i))
	}
	wantWait(t, "the 11th of an enterprise", o.now, trader(10), time.Hour)

	o.Codes.Limits = false
	must(t, trader(11))
}

// A code to nobody costs the same and is never right.
func TestDecoysCountTheSame(t *testing.T) {
	o := newOffice()
	in := typed(softRecovery(), "rep_name", "李大")
	c, err := o.StartRecovery(t.Context(), CaseRecoverEnterprise, in)
	must(t, err)
	must(t, o.SendRecoveryCode(t.Context(), c, in))
	m := o.posted[0]
	if m.Phone != "" || m.Params["code"] == "" {
		t.Fatalf("posted %+v", m)
	}
	wantRefused(t, "the code that nobody got", o.ProveRecovery(t.Context(), c, withCode(in, m.Params["code"])), CodeSMSWrong, "sms_code")
	for range 3 {
		wantRefused(t, "a guess", o.ProveRecovery(t.Context(), c, withCode(in, "000000")), CodeSMSWrong, "sms_code")
	}
	wantRefused(t, "the fifth guess", o.ProveRecovery(t.Context(), c, withCode(in, "000000")), CodeSMSTooMany, "sms_code")
	wantWait(t, "another at once", o.now, o.SendRecoveryCode(t.Context(), c, in), time.Minute)
	again, err := o.StartRecovery(t.Context(), CaseRecoverEnterprise, in)
	must(t, err)
	wantWait(t, "another wizard of the same facts", o.now, o.SendRecoveryCode(t.Context(), again, in), time.Minute)
	for range 4 {
		o.wait(time.Minute)
		must(t, o.SendRecoveryCode(t.Context(), again, in))
	}
	o.wait(time.Minute)
	wantWait(t, "the sixth of an hour", o.now, o.SendRecoveryCode(t.Context(), again, in), 59*time.Minute)
	wantStep(t, o.reload(t, c), StepCode)
}

func withCode(in *Input, code string) *Input {
	other := *in
	other.SMSCode = code
	return &other
}

// A store that is away sends nothing and says so; nothing is lost of the form.
func TestCodeFaults(t *testing.T) {
	o := newOffice()
	c := o.begin(t, CaseRegisterPerson)
	o.shelf.fault = errAway
	wantIs(t, "case store away", o.SendPersonCode(t.Context(), c, typed(sunForm())), errAway)
	if len(o.posted) != 0 {
		t.Error("a code was posted that the case may not know")
	}
	wantRefused(t, "no phone at all", listed(o.SendPersonCode(t.Context(), c, typed(sunForm(), "phone", "123"))), CodePhoneInvalid, "phone")
	wantIs(t, "in another wizard", o.SendEnterpriseCode(t.Context(), c, typed(traderForm())), ErrCaseStep)
}

// listed is the only one of several refusals.
func listed(err error) error {
	if list, ok := errors.AsType[RefusalsError](err); ok && len(list) == 1 {
		return &list[0]
	}
	return err
}

func TestMessageIDs(t *testing.T) {
	var ids []string
	for range 2 { // the same again is the same message
		ids = append(ids, messageID("a", "b"), messageID("ab"), messageID("a", "b", ""), messageID("b", "a"), messageID("a", "b", "c"))
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 5 {
		t.Errorf("ids %v", ids)
	}
}
