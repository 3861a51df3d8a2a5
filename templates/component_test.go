package templates

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPagesOfALongList(t *testing.T) {
	numbers := func(p pageLinks) []int {
		var n []int
		for _, item := range p.Items {
			if item.Gap {
				n = append(n, 0)
				continue
			}
			n = append(n, item.Number)
		}
		return n
	}
	for _, test := range []struct {
		current, last int
		want          []int // 0 is a gap
		before, after string
	}{
		{1, 1, []int{1}, "", ""},
		{1, 3, []int{1, 2, 3}, "", "/l?page=2"},
		{4, 12, []int{1, 0, 3, 4, 5, 0, 12}, "/l?page=3", "/l?page=5"},
		{12, 12, []int{1, 0, 11, 12}, "/l?page=11", ""},
	} {
		p := newPages("/l", test.current, test.last)
		if diff := cmp.Diff(test.want, numbers(p)); diff != "" || p.Before != test.before || p.After != test.after {
			t.Errorf("%d of %d: before %q, after %q (-want +got):\n%s", test.current, test.last, p.Before, p.After, diff)
		}
	}
}

func TestSteps(t *testing.T) {
	v := vocabulary{Chinese}
	s, err := v.newSteps(2, "step.identity", "step.phone", "step.done")
	want := steps{Items: []step{{1, "身份验证", "done"}, {2, "绑定新号码", "current"}, {3, "完成", "next"}}}
	if diff := cmp.Diff(want, s); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, current := range []int{0, 2} {
		if _, err := v.newSteps(current, "step.done"); err == nil {
			t.Errorf("step %d of 1", current)
		}
	}
}

func TestTimesAreBeijingTime(t *testing.T) {
	at := time.Date(2026, 12, 31, 16, 5, 9, 0, time.UTC)
	for lang, want := range map[string][2]string{
		Chinese: {"2027年1月1日 00:05", "2027年1月1日 00:05:09"},
		English: {"1 January 2027, 00:05", "1 January 2027, 00:05:09"},
	} {
		v := vocabulary{lang}
		if got := [2]string{v.time(at), v.clock(at)}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

func TestDevices(t *testing.T) {
	for header, want := range map[string]string{
		"":           "未知设备",
		"curl/8.5.0": "未知设备",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36":                                           "Chrome · Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0":                             "Edge · Windows",
		"Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE":                                 "360 浏览器 · Windows",
		"Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko":                                                                                     "Internet Explorer · Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49":                       "微信 · iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":                                     "Safari · macOS",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                                                    "Firefox · Linux",
		"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile":                          "Chrome · HarmonyOS",
		"Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/87.0.4280.141 Mobile Safari/537.36 AlipayClient/10.6.10": "支付宝 · Android",
	} {
		if got := (vocabulary{Chinese}).device(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestFieldMistakesAreErrors(t *testing.T) {
	v := vocabulary{Chinese}
	for _, options := range [][]any{
		{},                                      // no label
		{"label"},                               // half a pair
		{"label", "no.such.key"},                // no sentence
		{"label", "login.account", "colour", 1}, // no such option
		{"label", "login.account", "max", "12"},
		{"label", "login.account", "choices", "a"},
	} {
		if _, err := v.newField(screen{Page: Home{}}, "x", options...); err == nil {
			t.Errorf("options %v are taken", options)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	r := newRenderer(b, DemoBrand())
	page := loginSamples()[0].page
	var n counter
	for b.Loop() {
		if err := r.Render(&n, View{Lang: Chinese, CSRF: "x"}, page); err != nil {
			b.Fatal(err)
		}
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
