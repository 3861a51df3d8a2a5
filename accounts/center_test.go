package accounts

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const zhaoDocument = "220582200412311286"

// softChange is 企业信息变更 with everything as it is.
func softChange() map[string]string {
	return map[string]string{
		"legal_type": "enterprise", "name": "吉林省示例软件有限公司", "rep_name": "张三", "rep_id_type": "resident_id",
		"rep_id_number": "220102199003070013", "rep_id_term": "20", "rep_id_from": "2016-03-01", "rep_id_to": "2036-03-01",
	}
}

func TestChangeEnterprisePassword(t *testing.T) {
	o := newOffice()
	_, err := o.ChangeEnterprisePassword(t.Context(), softID, "", newPassword())
	wantRefused(t, "no old one", err, CodeRequired, "old_password")
	_, err = o.ChangeEnterprisePassword(t.Context(), softID, "wrong", newPassword())
	wantRefused(t, "wrong old one", err, CodePasswordWrong, "old_password")
	_, err = o.ChangeEnterprisePassword(t.Context(), softID, goodPassword, typed(nil))
	wantList(t, "the same", err, "password password_same")
	personal := newPassword()
	personal.Password, personal.Confirm = "Jlshili01-2026", "Jlshili01-2026"
	_, err = o.ChangeEnterprisePassword(t.Context(), softID, goodPassword, personal)
	wantList(t, "of its name", err, "password password_personal")
	p, err := o.ChangeEnterprisePassword(t.Context(), softID, goodPassword, newPassword())
	must(t, err)
	if e := o.firms[softID]; *p != e.Principal() || e.Epochs != (Epochs{Account: 1}) {
		t.Errorf("principal %+v of %+v", p, e)
	}
	if diff := cmp.Diff([]string{KindPasswordReset}, o.told(softPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	_, err = o.ChangeEnterprisePassword(t.Context(), "nobody", goodPassword, newPassword())
	wantIs(t, "of nobody", err, ErrNotFound)
	for range 5 {
		_, err = o.StartEnterprisePhoneChange(t.Context(), softID, typed(nil))
		wantRefused(t, "the old one", err, CodePasswordWrong, "password")
	}
	_, err = o.ChangeEnterprisePassword(t.Context(), softID, otherPassword, typed(nil)) // all doors count together
	wantWait(t, "the sixth", o.now, err, time.Minute)
}

func TestChangeEnterprisePhone(t *testing.T) {
	o := newOffice()
	c, err := o.StartEnterprisePhoneChange(t.Context(), softID, typed(nil))
	must(t, err)
	same := typed(nil, "phone", "13800000001")
	wantRefused(t, "a code to the same", o.SendPhoneCode(t.Context(), c, same), CodePhoneSame, "phone")
	in := typed(nil, "phone", "13911112222")
	wantList(t, "none sent", o.ChangeEnterprisePhone(t.Context(), c, withCode(in, "123456")), "sms_code sms_not_sent")
	must(t, o.SendPhoneCode(t.Context(), c, in))
	wantRefused(t, "wrong", o.ChangeEnterprisePhone(t.Context(), c, withCode(in, wrongCode(o.lastCode(strangerPhone)))), CodeSMSWrong, "sms_code")
	right := withCode(in, o.lastCode(strangerPhone))
	wantIs(t, "as a person", o.ChangePersonPhone(t.Context(), c, right), ErrCaseStep)
	o.Wizards.Policy.EnterprisesPerPhone = 0
	wantRefused(t, "too many", o.ChangeEnterprisePhone(t.Context(), c, right), CodePhoneInUse, "phone")
	o.Wizards.Policy.EnterprisesPerPhone = 1
	var wg sync.WaitGroup
	for range 20 {
		mine := o.reload(t, c)
		wg.Go(func() {
			if err := o.ChangeEnterprisePhone(t.Context(), mine, right); err != nil && !elsewhere(err) {
				t.Errorf("a false refusal: %v", err)
			}
		})
	}
	wg.Wait()
	wantStep(t, o.reload(t, c), StepDone)
	o.shelf.back(c.ID, 1)
	must(t, o.ChangeEnterprisePhone(t.Context(), o.reload(t, c), right)) // its state was lost
	if e := o.firms[softID]; e.Phone != strangerPhone || e.Epochs != (Epochs{}) {
		t.Errorf("phone %s, %+v", e.Phone, e.Epochs)
	}
	if diff := cmp.Diff([]string{KindPhoneChanged}, o.told(softPhone)); diff != "" {
		t.Errorf("the old phone was told (-want +got):\n%s", diff)
	}
	if len(o.effects["case:"+c.ID]) != 1 || len(o.told(strangerPhone)) != 0 {
		t.Errorf("effects %v, the new phone was told %v", o.effects, o.told(strangerPhone))
	}
}

func TestExtension(t *testing.T) {
	o := newOffice()
	entry, err := o.Extension(t.Context(), softUSCC)
	must(t, err)
	if entry.USCC != softUSCC {
		t.Errorf("got %+v", entry)
	}
	_, err = o.Extension(t.Context(), "91220000MA17AB3K2C")
	wantRefused(t, "unknown", err, CodeRegisterUnknown, "")
	o.register.away = errAway
	_, err = o.Extension(t.Context(), softUSCC)
	wantRefused(t, "away", err, CodeRegisterUnavailable, "")
}
