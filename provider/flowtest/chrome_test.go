package flowtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shotsVariable names a folder that the browser tests write pictures of pages to.
const shotsVariable = "TONGID_TEST_SHOTS"

// chrome is the one browser process of all browser tests. Each test gets a
// profile of its own in it.
type chrome struct {
	ctx    context.Context //nolint:containedctx // chromedp's browser is a context
	cancel context.CancelFunc
}

func startChrome() (*chrome, error) {
	path, err := variable("TONGID_TEST_CHROME")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(lab.dir, "chrome-")
	if err != nil {
		return nil, err
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "zh-CN"),
		// Pictures of pages and the time they take do not depend on a tab being seen.
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Env("HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }),
		chromedp.WSURLReadTimeout(startWithin),
	)
	ctx, cancel := chromedp.NewContext(allocator)
	c := &chrome{ctx: ctx, cancel: func() { cancel(); end() }}
	if err := chromedp.Do(ctx); err != nil {
		c.cancel()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return c, nil
}

func (c *chrome) close() {
	_ = chromedp.Cancel(c.ctx) // gracefully; cancel does it otherwise
	c.cancel()
}

// tab is a page in a browser profile of its own.
type tab struct {
	t    *testing.T
	site *site
	ctx  context.Context //nolint:containedctx // chromedp's tab is a context

	strokes  int // keys that were pressed
	mu       sync.Mutex
	errors   []string
	expected []string
}

// tabWithin bounds all that one browser test does.
const tabWithin = time.Minute

// tab opens a new profile. At the end of the test it must have met no error: of
// a script, of the content security policy, of a file that is not there.
func (s *site) tab(t *testing.T) *tab {
	t.Helper()
	lab.tab.Lock()
	t.Cleanup(lab.tab.Unlock)
	lab.mu.Lock()
	var err error
	if lab.chrome == nil {
		lab.chrome, err = startChrome()
	}
	lab.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	return s.profile(t)
}

// profile is one more profile in the browser that is running, for the phone of who
// sits at a tab.
func (s *site) profile(t *testing.T) *tab {
	t.Helper()
	lab.mu.Lock()
	browser := lab.chrome
	lab.mu.Unlock()
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	ctx, stop := context.WithTimeout(ctx, tabWithin)
	tb := &tab{t: t, site: s, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			tb.shot("failed")
		}
		stop()
		cancel()
		for _, line := range tb.said() {
			if !slices.ContainsFunc(tb.expected, func(part string) bool { return strings.Contains(line, part) }) {
				t.Errorf("the browser's console: %s", line)
			}
		}
	})
	if err := chromedp.Listen(ctx, tb.hear); err != nil {
		t.Fatal(err)
	}
	return tb
}

func (tb *tab) hear(event any) {
	var text string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			text = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		text = fmt.Sprintf("console.%s", e.Type)
	}
	if text == "" {
		return
	}
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.errors = append(tb.errors, text)
}

// expect names errors that are right.
func (tb *tab) expect(parts ...string) { tb.expected = append(tb.expected, parts...) }

func (tb *tab) said() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return slices.Clone(tb.errors)
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	if err := chromedp.Do(tb.ctx, steps...); err != nil {
		tb.t.Fatalf("%v\nat %s, page %s", err, tb.location(), tb.name())
	}
}

func (tb *tab) noScript() {
	tb.t.Helper()
	_, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		tb.t.Fatal(err)
	}
}

func (tb *tab) open(address string) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(address))
}

// see waits until the page of that name is there, whole.
func (tb *tab) see(name string) {
	tb.t.Helper()
	const loaded = `document.readyState === "complete" && !!document.querySelector("main#page-%s")`
	waitUntil(tb.t, 20*time.Second, "page "+name, func() bool {
		ok, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](fmt.Sprintf(loaded, name)))
		return err == nil && ok // an error: between two pages
	})
}

func (tb *tab) name() string {
	name, _ := chromedp.Run(tb.ctx, chromedp.Evaluate[string](`(document.querySelector("main")||{id:"(none)"}).id`))
	return strings.TrimPrefix(name, "page-")
}

func (tb *tab) location() string {
	address, _ := chromedp.Run(tb.ctx, chromedp.Location())
	return address
}

func (tb *tab) click(id string) {
	tb.t.Helper()
	tb.do(chromedp.Click(chromedp.ID(id)))
}

// fill puts text into a field at once, as a password manager does.
func (tb *tab) fill(id, text string) {
	tb.t.Helper()
	tb.do(chromedp.Focus(chromedp.ID(id)))
	if _, err := chromedp.Call(tb.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		tb.t.Fatal(err)
	}
}

// press presses keys, wherever the focus is.
func (tb *tab) press(keys string) {
	tb.t.Helper()
	tb.strokes += len([]rune(keys))
	tb.do(chromedp.KeyEvent(keys))
}

// tabTo moves the focus by keyboard until it is on the element with that id.
func (tb *tab) tabTo(id string) {
	tb.t.Helper()
	tb.tabUntil("#" + id)
}

// tabUntil moves the focus by keyboard to the first element of a selector that it
// comes by.
func (tb *tab) tabUntil(selector string) {
	tb.t.Helper()
	for range 60 {
		if evaluate[bool](tb, fmt.Sprintf(`!!document.activeElement && document.activeElement.matches(%q)`, selector)) {
			return
		}
		tb.press(kb.Tab)
	}
	tb.t.Fatalf("%s cannot be reached by keyboard", selector)
}

func (tb *tab) text(expression string) string {
	tb.t.Helper()
	return evaluate[string](tb, expression)
}

func evaluate[T any](tb *tab, expression string) T {
	tb.t.Helper()
	value, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		tb.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// captcha is the answer to the picture on the page.
func (tb *tab) captcha() string {
	tb.t.Helper()
	id := tb.text(`document.querySelector("[name=captcha_id]").value`)
	b := tb.site.browser(tb.t)
	var answer struct {
		Answer string `json:"answer"`
	}
	b.get(tb.site.url("/simulator/captcha/" + id)).json(&answer)
	return answer.Answer
}

// signIn fills the sign-in form in and sends it.
func (tb *tab) signIn(e enterprise) {
	tb.t.Helper()
	tb.see("login-enterprise")
	tb.fill("account", e.account)
	tb.fill("password", demoPassword)
	tb.fill("captcha", tb.captcha())
	tb.click("submit")
}

// fits checks that nobody has to scroll sideways.
func (tb *tab) fits() {
	tb.t.Helper()
	wide := evaluate[int](tb, `document.documentElement.scrollWidth`)
	if window := evaluate[int](tb, `window.innerWidth`); wide > window {
		tb.t.Errorf("page %s is %d pixels wide in a window of %d", tb.name(), wide, window)
	}
}

// shot writes a picture of the page, if somebody wants one.
func (tb *tab) shot(name string) {
	dir := os.Getenv(shotsVariable)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(tb.ctx, chromedp.FullScreenshot(90))
	if err != nil {
		tb.t.Logf("picture: %v", err)
		return
	}
	file := strings.NewReplacer("/", "-", " ", "-").Replace(tb.t.Name()) + "-" + name + ".jpg"
	if err := os.WriteFile(filepath.Join(dir, file), picture, 0o600); err != nil {
		tb.t.Logf("picture: %v", err)
	}
}
