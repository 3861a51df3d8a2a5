package accounts

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// waitingFirm is an account that was opened before the register knew it.
func waitingFirm(t *testing.T, o *office) *Enterprise {
	t.Helper()
	delete(o.register.entries, traderUSCC)
	must(t, o.FinishEnterprise(t.Context(), seen(t, o)))
	o.wait(time.Minute)
	return o.firm(t, traderUSCC)
}

func (o *office) look(t *testing.T, want int) {
	t.Helper()
	settled, err := o.LookAgain(t.Context())
	must(t, err)
	if settled != want {
		t.Errorf("%d were settled, want %d", settled, want)
	}
}

func TestWaitingEnds(t *testing.T) {
	trader := func(o *office) {
		o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱一", "220104198806150023")
	}
	for name, test := range map[string]struct {
		change func(o *office)
		want   Status
		told   []string
	}{
		"confirmed":    {trader, StatusActive, []string{KindRegisterMatch}},
		"another name": {func(o *office) { o.register.put(traderUSCC, "别的", "钱一", "220104198806150023") }, StatusCancelled, []string{KindRegisterMismatch}},
		"another person": {func(o *office) {
			o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱二", "220104198806150023")
		}, StatusCancelled, []string{KindRegisterMismatch}},
		"another document": {func(o *office) { o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱一", "x") }, StatusCancelled, []string{KindRegisterMismatch}},
		"another type": {func(o *office) {
			trader(o)
			o.register.change(traderUSCC, func(e *RegisterEntry) { e.Type = "non_legal_enterprise" })
		}, StatusCancelled, []string{KindRegisterMismatch}},
		"ended": {func(o *office) {
			trader(o)
			o.register.change(traderUSCC, func(e *RegisterEntry) { e.Status = RegisterGone })
		}, StatusCancelled, []string{KindRegisterMismatch}},
	} {
		o := newOffice()
		e := waitingFirm(t, o)
		o.look(t, 0)
		test.change(o)
		o.look(t, 0) // asked a moment ago
		o.wait(waitingPause + time.Millisecond)
		o.look(t, 1)
		o.wait(time.Hour)
		o.look(t, 0)
		if got := o.firms[e.ID]; got.Status != test.want {
			t.Errorf("%s: %s", name, got.Status)
		}
		if diff := cmp.Diff(test.told, o.told(traderPhone)); diff != "" {
			t.Errorf("%s: messages (-want +got):\n%s", name, diff)
		}
	}
}

func TestWaitingIsGivenUp(t *testing.T) {
	o := newOffice()
	e := waitingFirm(t, o)
	o.wait(waitingLife - 2*time.Minute)
	o.look(t, 0)
	o.register.away = errAway
	o.wait(time.Hour)
	if settled, err := o.LookAgain(t.Context()); settled != 0 || err == nil {
		t.Errorf("settled %d, %v", settled, err)
	}
	o.register.away = nil
	o.look(t, 0) // it was asked after a moment ago, though in vain
	o.wait(time.Hour)
	o.look(t, 1)
	if got := o.firms[e.ID].Status; got != StatusCancelled {
		t.Errorf("after %v: %s", waitingLife, got)
	}
	_, err := o.signIn().Enterprise(t.Context(), Credentials{Identifier: "newtrade01", Password: goodPassword})
	if got := code(t, err); got != CodeCancelled {
		t.Errorf("sign-in: %s", got)
	}
}

func TestWaitingIsSettledOnce(t *testing.T) {
	o := newOffice()
	e := waitingFirm(t, o)
	_, err := o.signIn().Enterprise(t.Context(), Credentials{Identifier: "newtrade01", Password: goodPassword})
	if got := code(t, err); got != CodeWaitingRegister {
		t.Errorf("sign-in: %s", got)
	}
	o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱一", "220104198806150023")
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		total int
	)
	for range 20 {
		wg.Go(func() {
			settled, err := o.LookAgain(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if total += settled; err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if total != 1 || len(o.told(traderPhone)) != 1 || o.firms[e.ID].Status != StatusActive {
		t.Errorf("settled %d times, told %v", total, o.told(traderPhone))
	}
}

// squatted is a code that somebody typed who does not represent the enterprise,
// before the register had it.
func squatted(t *testing.T, o *office) *Enterprise {
	t.Helper()
	delete(o.register.entries, traderUSCC)
	c := seen(t, o, "account", "squatter1", "rep_name", "赵六", "rep_id_number", zhaoDocument, "phone", "13911112222")
	must(t, o.FinishEnterprise(t.Context(), c))
	o.wait(time.Minute)
	return o.firm(t, traderUSCC)
}

func TestWaitingKeepsNobodyOut(t *testing.T) {
	o := newOffice()
	squatter := squatted(t, o)
	early := seen(t, o) // the register does not know who is right
	wantRefused(t, "early", o.FinishEnterprise(t.Context(), early), CodeRegisterMismatchPerson, "")
	o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱一", "220104198806150023")
	o.wait(time.Minute)
	c := seen(t, o)
	o.register.away = errAway
	wantRefused(t, "away", o.FinishEnterprise(t.Context(), c), CodeRegisterUnavailable, "")
	o.register.away = nil
	must(t, o.FinishEnterprise(t.Context(), c))
	if wantStep(t, c, StepDone); c.Waiting || o.firms[squatter.ID].Status != StatusCancelled {
		t.Errorf("case %+v, the other one %s", c, o.firms[squatter.ID].Status)
	}
	if e := o.firm(t, traderUSCC); e.ID == squatter.ID || e.Status != StatusActive || e.Representative.Name != "钱一" {
		t.Errorf("account %+v", e)
	}
	if diff := cmp.Diff([]string{KindRegisterMismatch}, o.told(strangerPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	o.look(t, 0)
}

// Of many who register at once what somebody else waits for one succeeds.
func TestWaitingGivesWayToOne(t *testing.T) {
	o := newOffice()
	o.Codes.Limits = false
	squatted(t, o)
	o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱一", "220104198806150023")
	var all []*Case
	for i := range 20 {
		all = append(all, seen(t, o, "account", fmt.Sprint("newtrade", i+10), "phone", fmt.Sprint(13800000100+i)))
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		said = map[Code]int{}
	)
	for _, c := range all {
		wg.Go(func() {
			err := o.FinishEnterprise(t.Context(), c)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				said["opened"]++
				return
			}
			said[code(t, err)]++
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[Code]int{"opened": 1, CodeAlreadyRegistered: 19}, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{KindRegisterMismatch}, o.told(strangerPhone)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
