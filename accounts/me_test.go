package accounts

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// signIn is the office's sign-in.
func (o *office) signIn() *SignIn {
	return &SignIn{
		Enterprises: o.books, Persons: o.books, Attempts: o, Passwords: o.Passwords, Limits: true, CounterKey: o.Wizards.Key, Now: o.clock,
	}
}

func TestChangePersonPassword(t *testing.T) {
	o := newOffice()
	_, err := o.ChangePersonPassword(t.Context(), liID, "", newPassword())
	wantRefused(t, "no old one", err, CodeRequired, "old_password")
	_, err = o.ChangePersonPassword(t.Context(), liID, "wrong", newPassword())
	wantRefused(t, "wrong old one", err, CodePasswordWrong, "old_password")
	_, err = o.ChangePersonPassword(t.Context(), liID, goodPassword, typed(nil))
	wantList(t, "the same", err, "password password_same")
	p, err := o.ChangePersonPassword(t.Context(), liID, goodPassword, newPassword())
	must(t, err)
	if person := o.persons[liID]; *p != person.Principal() || person.Epoch != 1 {
		t.Errorf("principal %+v of %+v", p, person)
	}
	if diff := cmp.Diff([]string{KindPasswordReset}, o.told(liPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	_, err = o.ChangePersonPassword(t.Context(), "nobody", goodPassword, newPassword())
	wantIs(t, "of nobody", err, ErrNotFound)
}

// meanwhile is a hasher that lets something happen before it makes the next hash.
type meanwhile struct {
	fakeHasher
	happens func()
}

func (m *meanwhile) Hash(ctx context.Context, password string) (string, error) {
	if f := m.happens; f != nil {
		m.happens = nil
		f()
	}
	return m.fakeHasher.Hash(ctx, password)
}

// A second click goes where the first went; another change that came first does not.
func TestChangePasswordTwiceAtOnce(t *testing.T) {
	type change func(o *office, in *Input) error
	for name, again := range map[string]change{
		"person": func(o *office, in *Input) error {
			_, err := o.ChangePersonPassword(t.Context(), liID, goodPassword, in)
			return err
		},
		"enterprise": func(o *office, in *Input) error {
			_, err := o.ChangeEnterprisePassword(t.Context(), softID, goodPassword, in)
			return err
		},
	} {
		for _, same := range []bool{true, false} {
			o, hasher, other := newOffice(), &meanwhile{}, newPassword()
			if o.Passwords = hasher; !same {
				other.Password, other.Confirm = "Third-Meadow-7731", "Third-Meadow-7731"
			}
			hasher.happens = func() { must(t, again(o, other)) }
			if err := again(o, newPassword()); same {
				must(t, err)
			} else {
				wantRefused(t, name, err, CodePasswordWrong, "old_password")
			}
			if told := append(o.told(liPhone), o.told(softPhone)...); len(told) != 1 {
				t.Errorf("%s: told %q, want one message", name, told)
			}
		}
	}
}

func TestWrongPasswordsOfWhoIsSignedIn(t *testing.T) {
	o := newOffice()
	for range 5 {
		_, err := o.StartPhoneChange(t.Context(), liID, newPassword())
		wantRefused(t, "wrong", err, CodePasswordWrong, "password")
	}
	_, err := o.ClosePerson(t.Context(), liID, typed(nil)) // all doors count together
	wantWait(t, "the sixth", o.now, err, time.Minute)
	o.wait(time.Minute)
	_, err = o.StartPhoneChange(t.Context(), liID, typed(nil))
	must(t, err)
	if len(o.counters) != 0 {
		t.Errorf("after the right password: %v", o.counters)
	}
}

// changing is 手机变更 with a code sent to the new phone.
func changing(t *testing.T, o *office) (*Case, *Input) {
	t.Helper()
	c, err := o.StartPhoneChange(t.Context(), liID, typed(nil))
	must(t, err)
	in := typed(nil, "phone", "139 1111 2222")
	c = o.reload(t, c) // of which nothing was typed yet
	must(t, o.SendPhoneCode(t.Context(), c, in))
	return c, withCode(in, o.lastCode(strangerPhone))
}

func TestChangePersonPhone(t *testing.T) {
	o := newOffice()
	c, err := o.StartPhoneChange(t.Context(), liID, typed(nil))
	must(t, err)
	same := typed(nil, "phone", "13800000002")
	wantRefused(t, "a code to the same", o.SendPhoneCode(t.Context(), c, same), CodePhoneSame, "phone")
	wantRefused(t, "the same", o.ChangePersonPhone(t.Context(), c, withCode(same, "123456")), CodePhoneSame, "phone")
	in := typed(nil, "phone", "13911112222")
	wantList(t, "none sent", o.ChangePersonPhone(t.Context(), c, withCode(in, "123456")), "sms_code sms_not_sent")
	must(t, o.SendPhoneCode(t.Context(), c, in))
	wantRefused(t, "wrong", o.ChangePersonPhone(t.Context(), c, withCode(in, wrongCode(o.lastCode(strangerPhone)))), CodeSMSWrong, "sms_code")
	o.Wizards.Policy.PersonsPerPhone = 0
	right := withCode(in, o.lastCode(strangerPhone))
	wantRefused(t, "too many", o.ChangePersonPhone(t.Context(), c, right), CodePhoneInUse, "phone")
	o.Wizards.Policy.PersonsPerPhone = 3
	must(t, o.ChangePersonPhone(t.Context(), c, right))
	wantStep(t, c, StepDone)
	if o.persons[liID].Phone != strangerPhone {
		t.Errorf("the phone is %s", o.persons[liID].Phone)
	}
	if diff := cmp.Diff([]string{KindPhoneChanged}, o.told(liPhone)); diff != "" {
		t.Errorf("the old phone was told (-want +got):\n%s", diff)
	}
	if len(o.told(strangerPhone)) != 0 || o.posted[len(o.posted)-1].Params["tail"] != "2222" {
		t.Errorf("posted %+v", o.posted)
	}
	wantIs(t, "once more", o.ChangePersonPhone(t.Context(), c, right), ErrCaseStep)
}

func TestLastStepOfPhoneChangeTwice(t *testing.T) {
	o := newOffice()
	o.Wizards.Policy.PersonsPerPhone = 1
	c, in := changing(t, o)
	var wg sync.WaitGroup
	for range 20 {
		mine := o.reload(t, c)
		wg.Go(func() {
			if err := o.ChangePersonPhone(t.Context(), mine, in); err != nil && !elsewhere(err) {
				t.Errorf("a false refusal: %v", err)
			}
		})
	}
	wg.Wait()
	wantStep(t, o.reload(t, c), StepDone)
	for back := range 2 { // before the end, before the code was right
		o.shelf.back(c.ID, back+1)
		replayed := o.reload(t, c)
		wantStep(t, replayed, StepCode)
		must(t, o.ChangePersonPhone(t.Context(), replayed, in))
		wantStep(t, replayed, StepDone)
	}
	if len(o.effects["case:"+c.ID]) != 1 || len(o.effects) != 1 || len(o.told(liPhone)) != 1 {
		t.Errorf("effects %v, told %v", o.effects, o.told(liPhone))
	}
}

func TestCloseAndReopen(t *testing.T) {
	o := newOffice()
	unconfirmed := typed(nil)
	unconfirmed.Agree = false
	_, err := o.ClosePerson(t.Context(), liID, unconfirmed)
	wantRefused(t, "unconfirmed", err, CodeConfirmRequired, "confirm")
	_, err = o.ClosePerson(t.Context(), liID, newPassword())
	wantRefused(t, "wrong password", err, CodePasswordWrong, "password")
	at, err := o.ClosePerson(t.Context(), liID, typed(nil))
	must(t, err)
	o.wait(time.Second) // the same click again
	again, err := o.ClosePerson(t.Context(), liID, typed(nil))
	if must(t, err); !again.Equal(at) {
		t.Errorf("closing at %v, then at %v", at, again)
	}
	o.wait(-time.Second)
	if p := o.persons[liID]; !at.Equal(o.now.Add(15*24*time.Hour)) || !p.ClosingAt.Equal(at) || p.Epoch != 1 {
		t.Errorf("closing at %v: %+v", at, p)
	}
	if diff := cmp.Diff([]string{KindAccountClosing}, o.told(liPhone)); diff != "" || o.posted[0].Params["date"] != "2026-12-08" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}

	desk := o.signIn()
	o.wait(CoolingPeriod - time.Second)
	in, err := desk.Person(t.Context(), Credentials{Identifier: "13800000002", Password: goodPassword})
	must(t, err)
	if p := o.persons[liID]; !in.Reopened || !p.ClosingAt.IsZero() || in.Principal != p.Principal() {
		t.Errorf("signed in %+v as %+v", in, p)
	}
	in, err = desk.Person(t.Context(), Credentials{Identifier: liDocument, Password: goodPassword})
	must(t, err)
	if in.Reopened {
		t.Error("reopened twice")
	}

	_, err = o.ClosePerson(t.Context(), liID, typed(nil))
	must(t, err)
	o.wait(CoolingPeriod)
	_, err = desk.Person(t.Context(), Credentials{Identifier: "13800000002", Password: goodPassword})
	if got := code(t, err); got != CodeCredentials {
		t.Errorf("after the cooling period: %s", got)
	}
	c := seenPerson(t, o, "name", "李四", "id_number", liDocument)
	must(t, o.FinishPerson(t.Context(), c))
	in, err = desk.Person(t.Context(), Credentials{Identifier: liDocument, Password: goodPassword})
	must(t, err)
	if in.Principal.Person == liID {
		t.Error("the closed account came back")
	}
}

func TestPersonSignsIn(t *testing.T) {
	o := newOffice()
	desk := o.signIn()
	for _, identifier := range []string{"13800000002", "+86 138-0000-0002", "１３８０００００００２ ", liDocument, " " + liDocument} {
		in, err := desk.Person(t.Context(), Credentials{Identifier: identifier, Password: goodPassword})
		must(t, err)
		if in.Principal.Person != liID || in.Principal.Type != TypePerson || in.LOA != 2 {
			t.Errorf("%s: %+v", identifier, in)
		}
	}
	for status, want := range map[Status]Code{StatusFrozen: CodeFrozen, StatusActive: ""} {
		p := o.persons[liID]
		p.Status = status
		o.persons[liID] = p
		_, err := desk.Person(t.Context(), Credentials{Identifier: "13800000002", Password: goodPassword})
		if want != "" && code(t, err) != want || want == "" && err != nil {
			t.Errorf("%s: %v", status, err)
		}
	}
	for name, c := range map[string]Credentials{
		"wrong":   {Identifier: "13800000002", Password: "wrong"},
		"unknown": {Identifier: "13911112222", Password: goodPassword},
		"empty":   {},
		"name":    {Identifier: "李四", Password: goodPassword},
	} {
		o.calls = nil
		_, err := desk.Person(t.Context(), c)
		if got := code(t, err); got != CodeCredentials {
			t.Errorf("%s: %s", name, got)
		}
		if diff := cmp.Diff([]string{"find person", "try"}, o.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
	}
}

// However an account is spelled, tries at it are one count.
func TestSpellingsOfAPersonShareOneCount(t *testing.T) {
	for document, spellings := range map[string][]string{
		"phone":  {"13800000002", "+8613800000002", "0086 138 0000 0002", "138-0000-0002", "１３８０００００００２"},
		"permit": {"H12345678", "h1234567801", "H1234567802", "Ｈ１２３４５６７８", "H1234567899"},
		"number": {"22010619950518004X", "22010619950518004x", " 22010619950518004X", "220106 19950518 004x", "２２０１０６１９９５０５１８００４Ｘ"},
	} {
		o := newOffice()
		o.persons["p"] = Person{ID: "p", DocType: DocHKMacaoPermit, DocNumber: "H1234567801", Status: StatusActive, PasswordHash: "1|" + goodPassword}
		o.persons["q"] = Person{ID: "q", DocType: DocResidentID, DocNumber: "22010619950518004X", Status: StatusActive, PasswordHash: "1|" + goodPassword}
		for _, identifier := range spellings {
			_, err := o.signIn().Person(t.Context(), Credentials{Identifier: identifier, Password: "wrong"})
			if got := code(t, err); got != CodeCredentials {
				t.Errorf("%s: %s", identifier, got)
			}
		}
		_, err := o.signIn().Person(t.Context(), Credentials{Identifier: spellings[1], Password: goodPassword})
		wantWait(t, document, o.now, err, time.Minute)
		o.wait(time.Minute)
		_, err = o.signIn().Person(t.Context(), Credentials{Identifier: spellings[2], Password: goodPassword})
		must(t, err)
	}
	o := newOffice()
	o.persons["p"] = Person{ID: "p", DocType: DocHKMacaoPermit, DocNumber: "H1234567801", Status: StatusActive, PasswordHash: "1|" + goodPassword}
	for _, more := range []string{"H12345678x", "H123456780", "H12345678012", "H12345678abcdef"} {
		_, err := o.signIn().Person(t.Context(), Credentials{Identifier: more, Password: goodPassword})
		if got := code(t, err); got != CodeCredentials {
			t.Errorf("%s found somebody: %s", more, got)
		}
	}
}
