package templates

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// sampleOf finds a sample by its label.
func sampleOf(t *testing.T, label string) Page {
	t.Helper()
	for _, s := range pages() {
		if s.label == label {
			return s.page
		}
	}
	t.Fatalf("no sample %q", label)
	return nil
}

// demoRenderer is made once for all tests, which only read.
var demoRenderer = sync.OnceValues(func() (*Renderer, error) { return New(DemoBrand()) })

func shown(t *testing.T, lang string, p Page) ([]byte, doc) {
	t.Helper()
	r, err := demoRenderer()
	if err != nil {
		t.Fatal(err)
	}
	body := rendered(t, r, View{Lang: lang, CSRF: "token", Proving: true}, p)
	return body, parsed(t, body)
}

// The fields of each page are a contract.
func TestFieldsOfTheContract(t *testing.T) {
	document := func(prefix string) []string {
		return []string{prefix + "_type", prefix + "_number", prefix + "_term", prefix + "_from", prefix + "_to"}
	}
	proof := []string{"phone", "sms_code", "password", "password_confirm", "agree"}
	for label, want := range map[string][]string{
		"login-person":        {"account", "password", "captcha", "captcha_id"},
		"register-enterprise": slices.Concat([]string{"account", "legal_type", "name", "uscc", "rep_name", "captcha", "captcha_id"}, document("rep_id"), proof),
		"register-person":     slices.Concat([]string{"name"}, document("id"), proof),
		"face-consent":        {"face_consent"},
		"face":                {},
		"recover-1":           {"account", "rep_name", "rep_id_type", "rep_id_number", "captcha", "captcha_id"},
		"recover-1-person":    {"account", "name", "id_type", "id_number", "captcha", "captcha_id"},
		"recover-2":           {"sms_code"},
		"recover-3":           {"password", "password_confirm"},
		"activate-1":          slices.Concat([]string{"legal_type", "name", "uscc", "rep_name", "captcha", "captcha_id", "agree"}, document("rep_id")),
		"activate-2-sent":     {"phone", "sms_code"},
		"activate-3":          {"account", "password", "password_confirm"},
		"me-password":         {"old_password", "password", "password_confirm"},
		"me-phone":            {"password"},
		"me-phone-2":          {"phone", "captcha", "captcha_id", "sms_code"},
		"me-close":            {"password", "confirm"},
		"center-password":     {"old_password", "password", "password_confirm"},
		"center-phone":        {"password"},
		"center-phone-2":      {"phone", "captcha", "captcha_id", "sms_code"},
		"center-change":       slices.Concat([]string{"legal_type", "name", "rep_name"}, document("rep_id")),
	} {
		_, d := shown(t, Chinese, sampleOf(t, label))
		var got []string
		main := doc{d.tags("main")[0]}
		for _, n := range main.tags("input", "select", "textarea") {
			if name := attr(n, "name"); name != "" && !slices.Contains([]string{"csrf", "flow", "case"}, name) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if got = slices.Compact(got); !slices.Equal(want, got) {
			t.Errorf("%s (-want +got):\n%s", label, cmp.Diff(want, got))
		}
	}
}

// The links onwards and the button that sends a code are found by their ids.
func TestIDsOfTheContract(t *testing.T) {
	for _, label := range []string{"register-done", "recover-done", "activate-4"} {
		_, d := shown(t, Chinese, sampleOf(t, label))
		if next := d.byID("next"); len(next) != 1 || next[0].Data != "a" || attr(next[0], "href") == "" {
			t.Errorf("%s: %d links onwards", label, len(next))
		}
	}
	for _, label := range []string{"register-enterprise", "register-person", "recover-2", "activate-2", "me-phone-2", "center-phone-2"} {
		_, d := shown(t, Chinese, sampleOf(t, label))
		send := d.byID("send-sms")
		if len(send) != 1 || attr(send[0], "name") != "action" || attr(send[0], "value") != "send-sms" {
			t.Errorf("%s: no button that sends a code", label)
			continue
		}
		if _, ok := lookup(send[0], "formnovalidate"); !ok {
			t.Errorf("%s: the form is checked before a code is sent", label)
		}
	}
}

func TestWizardWording(t *testing.T) {
	for label, words := range map[string][]string{
		"register-enterprise": {
			"企业注册", "法人信息", "法定代表人信息", "设置登录密码", "账号应为8-20位字符,字母开头", "请选择法人类型", "请输入法人名称",
			"请输入统一社会信用代码", "请输入法定代表人姓名", "请输入法定代表人证件号码", "居民身份证", "5年", "10年", "20年", "长期有效",
			"身份证有效开始日期", "身份证有效结束日期", "请输入手机号码", "图片验证码", "获取验证码", "请再次输入密码", "注册",
		},
		"face":                  {"请完成人脸验证,确保本人操作", "请使用 吉事办APP 扫描上方二维码,完成人脸认证"},
		"face-phone":            {"选择与电脑上相同的数字", "不是我本人操作", "注册企业账号"},
		"recover-1":             {"忘记密码", "确认账号", "短信验证", "设置新密码", "法人姓名", "请输入法人姓名", "请输入证件号码", "下一步"},
		"recover-2":             {"手机号已停用?通过人脸验证", "138****0001"},
		"recover-3":             {"保存"},
		"activate-1":            {"账号激活", "确认信息", "短信验证", "设置账号密码", "激活成功", "企业名称"},
		"activate-4":            {"激活成功"},
		"me-password":           {"旧密码", "请输入旧密码", "新密码", "请再次输入新密码", "确定", "取消"},
		"me-phone":              {"手机变更", "身份验证", "绑定新号码", "完成", "请输入账号登录密码"},
		"login-person":          {"个人登录", "法人登录", "忘记密码?", "没有账号? 立即注册"},
		"me-mandates":           {"管理权限", "过期"},
		"register-person":       {"个人注册", "验证码已发送至 138****0007"},
		"recover-1-refused":     {"当前企业账号不存在"},
		"face-phone-refused":    {"已拒绝"},
		"simulator-face":        {"模拟人脸核验"},
		"register-done":         {"注册成功"},
		"me-close":              {"15 天冷静期"},
		"agreement-privacy":     {"示例省人民政府", "隐私政策"},
		"register-done-waiting": {"等待核对"},

		"center-representative":          {"法人信息", "法定代表人姓名", "法人状态: 正常", "企业信息变更", "法人类型", "企业法人"},
		"center-representative-operator": {"经营者姓名", "经营者证件号码", "法人状态: 受限"},
		"center-extension": {
			"企业注册地址", "注册资本", "企业注册日期", "企业经营范围", "企业代码类型", "行业类型", "核准日期", "核准机构", "企业状态",
			"存续（在营、开业、在册）", "平台导入的登记数据", "2026年8月1日",
		},
		"center-password":   {"旧密码", "请输入旧密码", "新密码", "请再次输入新密码", "确定", "取消"},
		"center-phone":      {"手机变更", "身份验证", "绑定新号码", "完成", "请输入账号登录密码"},
		"center-change":     {"企业信息变更", "统一社会信用代码", "请输入法定代表人姓名", "5年", "长期有效", "变更"},
		"face-phone-change": {"变更企业法定代表人", "不是我本人操作"},
	} {
		body, d := shown(t, Chinese, sampleOf(t, label))
		text := textOf(d.root)
		for _, want := range words {
			if !strings.Contains(text, want) && !bytes.Contains(body, []byte(`="`+want+`"`)) {
				t.Errorf("%s does not say %q", label, want)
			}
		}
	}
}

// While a sent code lives the form asks no captcha, and says where the code went.
func TestSentCodeTakesTheCaptchasPlace(t *testing.T) {
	page, ok := sampleOf(t, "register-enterprise-sent").(RegisterEnterprise)
	if !ok {
		t.Fatal("another page")
	}
	page.Captcha = sampleCaptcha()
	_, d := shown(t, Chinese, page)
	if len(d.byID("captcha")) != 0 {
		t.Error("a captcha is asked")
	}
	note := d.byID("sms_code-note")
	if len(note) != 1 || attr(note[0], "role") != "status" || !strings.Contains(textOf(note[0]), "138****0007") {
		t.Fatalf("%d notes", len(note))
	}
	if !strings.Contains(attr(d.byID("sms_code")[0], "aria-describedby"), "sms_code-note") {
		t.Error("the field is not described by the note")
	}
	if attr(d.byID("send-sms")[0], "data-again") != "52" {
		t.Error("the button does not rest")
	}
}

func TestRepresentativeFollowsTheLegalType(t *testing.T) {
	for legalType, want := range map[string][2]string{
		"":                     {"法定代表人姓名", "Legal representative's name"},
		"enterprise":           {"法定代表人姓名", "Legal representative's name"},
		"individual_business":  {"经营者姓名", "Operator's name"},
		"non_legal_enterprise": {"负责人姓名", "Head's name"},
		"law_firm":             {"负责人姓名", "Head's name"},
		"nobody knows":         {"法定代表人姓名", "Legal representative's name"},
	} {
		for i, lang := range Languages() {
			_, d := shown(t, lang, RegisterEnterprise{LegalType: legalType})
			label := d.all(func(n *html.Node) bool { return n.Data == "label" && attr(n, "for") == "rep_name" })[0]
			if got := strings.TrimPrefix(textOf(label), "* "); got != want[i] {
				t.Errorf("%q: %q, want %q", legalType, got, want[i])
			}
		}
	}
	// The script chooses by number among as many words as there are roles.
	_, d := shown(t, Chinese, RegisterEnterprise{})
	for _, n := range d.all(func(*html.Node) bool { return true }) {
		for _, name := range []string{"data-roles", "data-roles-placeholder"} {
			if words, ok := lookup(n, name); ok && strings.Count(words, "|") != len(roles())-1 {
				t.Errorf("%s=%q", name, words)
			}
		}
	}
}

func TestFacePageByState(t *testing.T) {
	for label, want := range map[string]struct{ polls, goes, again bool }{
		"face": {polls: true, again: true}, "face-opened": {polls: true, again: true},
		"face-failed": {again: true}, "face-expired": {again: true},
		"face-passed": {goes: true}, "face-mismatch": {},
	} {
		body, d := shown(t, Chinese, sampleOf(t, label))
		has := func(name string) bool {
			return len(d.all(func(n *html.Node) bool { _, ok := lookup(n, name); return ok })) > 0
		}
		if has("data-poll") != want.polls || has("data-ticket") != want.polls || has("data-match") != want.polls {
			t.Errorf("%s: waits wrongly", label)
		}
		if refresh := bytes.Contains(body, []byte(`<noscript><meta http-equiv="refresh"`)); refresh != want.polls {
			t.Errorf("%s: without script it waits: %v", label, refresh)
		}
		if has("data-go") != want.goes {
			t.Errorf("%s: goes on by itself: %v", label, !want.goes)
		}
		again := d.all(func(n *html.Node) bool { return attr(n, "name") == "action" && attr(n, "value") == "again" })
		if (len(again) == 1) != want.again {
			t.Errorf("%s: %d buttons for another try", label, len(again))
		}
	}
}

func TestMessage(t *testing.T) {
	r := newRenderer(t, Brand{SMSSign: "示例政务"})
	for _, test := range []struct {
		lang, kind string
		params     map[string]string
		want       string
	}{
		{
			Chinese, "code",
			map[string]string{"purpose": "register", "code": "284713", "minutes": "5"},
			"【示例政务】验证码284713，您正在注册账号，5分钟内有效。请勿向任何人泄露。",
		},
		{
			English, "code",
			map[string]string{"purpose": "second-factor", "code": "284713", "minutes": "1"},
			"【示例政务】Code 284713 to sign in, valid for 1 minute. Do not give it to anybody.",
		},
		{
			Chinese, "phone_changed",
			map[string]string{"tail": "0012"},
			"【示例政务】您的账号绑定的手机号码已更换为尾号0012的号码。如非本人操作，请立即联系平台。",
		},
	} {
		if got, err := r.Message(test.lang, test.kind, test.params); err != nil || got != test.want {
			t.Errorf("%s: %q, %v; want %q", test.kind, got, err, test.want)
		}
	}
	for kind, params := range map[string]map[string]string{
		"":               nil,
		"nobody_knows":   nil,
		"code":           {"purpose": "register", "code": "284713"},
		"password_reset": {},
	} {
		if got, err := r.Message(Chinese, kind, params); err == nil || got != "" {
			t.Errorf("%q with %v is %q", kind, params, got)
		}
	}
	if _, err := r.Message(Chinese, "code", map[string]string{"purpose": "dance", "code": "1", "minutes": "5"}); err == nil {
		t.Error("an unknown purpose has words")
	}
}

// Every kind of message begins with the sign, holds no link, and leaves no place
// unfilled.
func TestEveryMessage(t *testing.T) {
	r := newRenderer(t, Brand{})
	params := map[string]string{
		"purpose": "recover", "code": "284713", "minutes": "5", "time": "11月27日 14:05", "date": "2026年12月12日", "until": "2027-12-31", "tail": "0012",
	}
	for _, kind := range []string{"code", "password_reset", "phone_changed", "account_closing", "registered", "register_match", "register_mismatch", "mandate_granted", "mandate_invited", "mandate_ended", "mandate_ending", "enterprise_changed"} {
		for _, lang := range Languages() {
			text, err := r.Message(lang, kind, params)
			if err != nil || !strings.HasPrefix(text, "【统一身份认证】") || strings.ContainsAny(text, "{}") || strings.Contains(text, "://") {
				t.Errorf("%s in %s: %q, %v", kind, lang, text, err)
			}
		}
	}
}

// Whose registration the register contradicted cannot sign in, and is not told to.
func TestRefusedRegistrantIsNotSentToSignIn(t *testing.T) {
	text, err := newRenderer(t, Brand{}).Message(Chinese, "register_mismatch", map[string]string{"tail": "0012"})
	if err != nil || !strings.Contains(text, "账号申诉") || strings.Contains(text, "登录") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestAgreements(t *testing.T) {
	r := newRenderer(t, DemoBrand())
	date := regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	for _, document := range Agreements() {
		zh, err := r.agreementIn(Chinese, document)
		if err != nil {
			t.Fatal(err)
		}
		en, err := r.agreementIn(English, document)
		if err != nil {
			t.Fatal(err)
		}
		if zh.Version != en.Version || zh.Date != en.Date || !date.MatchString(zh.Date) {
			t.Errorf("%s: version %s of %s, in English %s of %s", document, zh.Version, zh.Date, en.Version, en.Date)
		}
		if len(zh.Sections) != len(en.Sections) {
			t.Errorf("%s: %d sections, in English %d", document, len(zh.Sections), len(en.Sections))
		}
		for i, s := range zh.Sections {
			if len(s.Text) != len(en.Sections[i].Text) {
				t.Errorf("%s: section %s has another shape in English", document, s.Heading)
			}
		}
		for _, lang := range Languages() {
			record, err := r.Agreement(lang, document)
			if err != nil || record.Document != document || len(record.SHA256) != 64 {
				t.Errorf("%s in %s: %+v, %v", document, lang, record, err)
			}
			body, _ := shown(t, lang, Agreement{Document: document})
			for _, place := range []string{"{site}", "{owner}", "{app}"} {
				if bytes.Contains(body, []byte(place)) {
					t.Errorf("%s in %s says %s", document, lang, place)
				}
			}
		}
		if zh.SHA256 == en.SHA256 {
			t.Errorf("%s: the hash does not tell languages apart", document)
		}
	}
	if _, err := r.Agreement(Chinese, "nothing"); err == nil {
		t.Error("an agreement that does not exist")
	}
	other, err := newRenderer(t, Brand{}).Agreement(Chinese, "face")
	if mine, _ := r.Agreement(Chinese, "face"); err != nil || mine.SHA256 == other.SHA256 {
		t.Errorf("the hash does not tell operators apart: %v", err)
	}
}

func TestAgreementsNeedTheirHead(t *testing.T) {
	whole := "version: 1\ndate: 2026-12-01\n# Title\nintro\n- a\n- b\n\n## Section\ntext\n"
	a, err := parseAgreement(whole)
	if err != nil {
		t.Fatal(err)
	}
	want := []paragraph{{Text: "intro"}, {Items: []string{"a", "b"}}}
	if diff := cmp.Diff(want, a.Intro); diff != "" {
		t.Errorf("intro (-want +got):\n%s", diff)
	}
	for _, line := range []string{"version: 1\n", "date: 2026-12-01\n", "# Title\n", "## Section\n"} {
		if _, err := parseAgreement(strings.Replace(whole, line, "", 1)); err == nil {
			t.Errorf("without %q it is taken", line)
		}
	}
}
