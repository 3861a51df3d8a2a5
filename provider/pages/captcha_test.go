package pages_test

import (
	"bytes"
	"image/png"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tongid/tongid/provider"
	"github.com/tongid/tongid/templates"
)

func says(code string) string { return templates.Say(templates.Chinese, "refusal."+code) }

func TestCaptchaIsUsedUpByAnySubmit(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	form := b.fill(b.get(loginPath), firm, "wrong")
	b.post(loginPath, form).is(422, "page-login-enterprise")
	form.Set("password", password)
	replayed := b.post(loginPath, form).is(422, "page-login-enterprise")
	if got := replayed.summary(); got != says("captcha_expired") {
		t.Errorf("replayed: %q", got)
	}
	if fresh := replayed.form("submit").Get("captcha_id"); fresh == form.Get("captcha_id") || fresh == "" {
		t.Error("no fresh captcha was given")
	}
	b.post(loginPath, b.fill(replayed, firm, password)).leads("/")
}

func TestCaptchaWrongExpiredForeign(t *testing.T) {
	h := newHouse(t)
	mine, theirs := h.browser(), h.browser()
	foreign := theirs.get(loginPath).form("submit").Get("captcha_id")

	form := mine.fill(mine.get(loginPath), firm, password)
	form.Set("captcha", "0"+form.Get("captcha"))
	if got := mine.post(loginPath, form).is(422, "page-login-enterprise").summary(); got != says("captcha_wrong") {
		t.Errorf("wrong: %q", got)
	}
	form = mine.fill(mine.get(loginPath), firm, password)
	form.Set("captcha_id", foreign)
	form.Set("captcha", h.answer(foreign))
	if got := mine.post(loginPath, form).is(422, "page-login-enterprise").summary(); got != says("captcha_expired") {
		t.Errorf("foreign: %q", got)
	}
	form = mine.fill(mine.get(loginPath), firm, password)
	h.forward(5 * time.Minute)
	if got := mine.post(loginPath, form).is(422, "page-login-enterprise").summary(); got != says("captcha_expired") {
		t.Errorf("expired: %q", got)
	}
	form = mine.fill(mine.get(loginPath), firm, password)
	form.Del("captcha_id")
	mine.post(loginPath, form).is(422, "page-login-enterprise")
	mine.get("/").leads(loginPath)
}

func TestCaptchaFullWidthDigits(t *testing.T) {
	b := newHouse(t).browser()
	form := b.fill(b.get(loginPath), firm, password)
	wide := strings.Map(func(r rune) rune { return r + 0xFEE0 }, form.Get("captcha"))
	form.Set("captcha", wide[:6]+" "+wide[6:])
	b.post(loginPath, form).leads("/")
}

func TestNewCaptchaKeepsWhatWasTyped(t *testing.T) {
	b := newHouse(t).browser()
	for range 8 { // more often than there are tries
		form := b.fill(b.get(loginPath), firm, "not-sent-anywhere")
		form.Set("action", "new-captcha")
		form.Del("captcha")
		answer := b.post(loginPath, form).is(200, "page-login-enterprise")
		if answer.field("account") != firm || strings.Contains(answer.body, "not-sent-anywhere") || answer.summary() != "" {
			t.Fatalf("account %q, summary %q", answer.field("account"), answer.summary())
		}
		if answer.form("submit").Get("captcha_id") == form.Get("captcha_id") {
			t.Fatal("the captcha is the same")
		}
	}
	b.signIn(firm)
}

func TestCaptchaPicture(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	id := b.get(loginPath).form("submit").Get("captcha_id")
	answer := h.answer(id)
	if len(answer) != 4 || strings.Trim(answer, "0123456789") != "" {
		t.Fatalf("the answer %q is not four digits", answer)
	}
	picture := b.get("/captcha/" + id + ".png")
	if picture.status != 200 || picture.header.Get("Content-Type") != "image/png" || picture.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", picture.status, picture.header)
	}
	if drawn, err := png.Decode(strings.NewReader(picture.body)); err != nil || drawn.Bounds().Dx() != 240 || drawn.Bounds().Dy() != 88 {
		t.Errorf("%v, %v", drawn, err)
	}
	if same := b.get("/captcha/" + id + ".png"); same.body != picture.body {
		t.Error("drawn again, the picture differs: pictures could be compared to read the answer")
	}
	for i := 0; h.answer(id) == answer; i++ { // one new answer in ten thousand is the old one
		if again := b.get("/captcha/" + id + ".png?again=" + strconv.Itoa(i)); again.status != 200 || i > 3 {
			t.Fatalf("again gave no new answer: %d", again.status)
		}
	}
	if other := b.get("/captcha/" + id + ".png"); other.body == picture.body {
		t.Error("the new answer has the old picture")
	}
	if head := b.do("HEAD", "/captcha/"+id+".png", nil); head.status != 200 || head.body != "" {
		t.Errorf("HEAD: %d, %d bytes", head.status, len(head.body))
	}
	for name, target := range map[string]string{
		"unknown": "/captcha/unknown.png", "odd": "/captcha/%00.png", "no kind": "/captcha/" + id, "other kind": "/captcha/" + id + ".gif",
	} {
		if got := b.get(target); got.status != 404 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if theirs := h.browser().get("/captcha/" + id + ".png"); theirs.status != 404 {
		t.Errorf("another browser sees the picture: %d", theirs.status)
	}
	h.forward(5 * time.Minute)
	if late := b.get("/captcha/" + id + ".png?again=1"); late.status != 404 {
		t.Errorf("an expired captcha came alive: %d", late.status)
	}
}

func TestCaptchaVoice(t *testing.T) {
	b := newHouse(t).browser()
	form := b.get(loginPath)
	audio := form.find(func(n *html.Node) bool { return n.Data == "audio" })
	if len(audio) != 1 {
		t.Fatal("the page has no spoken captcha")
	}
	address, _ := url.Parse(attr(audio[0], "src"))
	chinese := b.get(address.String())
	if chinese.status != 200 || chinese.header.Get("Content-Type") != "audio/wav" || !strings.HasPrefix(chinese.body, "RIFF") ||
		chinese.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", chinese.status, chinese.header)
	}
	address.RawQuery = "lang=en&v=1"
	if english := b.get(address.String()); english.status != 200 || english.body == chinese.body {
		t.Error("the English voice is the Chinese one")
	}
	address.RawQuery = ""
	if part := b.get(address.String(), "Range", "bytes=0-3"); part.status != 206 || !bytes.Equal([]byte(part.body), []byte("RIFF")) {
		t.Errorf("a part: %d %q", part.status, part.body)
	}
}

// One address has so many drawn at once and gets a few more each second; the form
// itself can be had all the same.
func TestCaptchaDrawingIsBounded(t *testing.T) {
	start := time.Now()
	var ahead atomic.Int64
	h := newHouse(t, func(d *provider.Deps) {
		d.Now = func() time.Time { return start.Add(time.Duration(ahead.Load())) }
	})
	b := h.browser()
	// Of an unknown kind it counts, and takes no time.
	address := "/captcha/" + b.get(loginPath).form("submit").Get("captcha_id")
	for i := range 299 {
		if p := b.get(address + ".gif"); p.status != 404 {
			t.Fatalf("picture %d: %d", i, p.status)
		}
	}
	if p := b.get(address + ".png"); p.status != 200 {
		t.Errorf("the last one: %d", p.status)
	}
	for _, kind := range []string{".png", ".wav", ".png?again=1"} {
		if refused := b.get(address+kind).is(429, "page-error"); refused.header.Get("Retry-After") != "1" {
			t.Errorf("%s: Retry-After %q", kind, refused.header.Get("Retry-After"))
		}
	}
	b.get(loginPath).is(200, "page-login-enterprise")
	ahead.Add(int64(time.Second))
	for range 5 {
		if p := b.get(address + ".png"); p.status != 200 {
			t.Errorf("a second later: %d", p.status)
		}
	}
	b.get(address+".png").is(429, "page-error")
}

func TestCaptchaDrawingWithoutLimits(t *testing.T) {
	b := newHouse(t, func(d *provider.Deps) { d.Config.Limits = false }).browser()
	address := "/captcha/" + b.get(loginPath).form("submit").Get("captcha_id")
	for range 310 {
		b.get(address + ".gif")
	}
	if p := b.get(address + ".png"); p.status != 200 {
		t.Errorf("got %d", p.status)
	}
}
