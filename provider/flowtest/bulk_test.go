package flowtest

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"
)

// upload sends the form of the main button with a file.
func (p *page) upload(name string, data []byte) *page {
	p.browser.t.Helper()
	f := p.form("submit")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, values := range f.values {
		if field == "file" {
			continue
		}
		if err := w.WriteField(field, values[0]); err != nil {
			p.browser.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		p.browser.t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		p.browser.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		p.browser.t.Fatal(err)
	}
	return p.browser.follow(request{method: http.MethodPost, url: f.action, from: p, body: body.String(), kind: w.FormDataContentType()}, "")
}

const sheetHead = "姓名,证件类型,证件号码,手机号码,有效开始日期,有效结束日期,管理权限,授权事项\n"

// line is a person's row of a table.
func (p human) line(more string) string {
	return fmt.Sprintf("%s,居民身份证,%s,%s,2026/1/1,2035-12-31,%s\n", p.name, p.number, p.phone, more)
}

func (p *page) outcomes() (said []string) {
	for _, n := range p.all(func(n *html.Node) bool { return attr(n, "data-line") != "" }) {
		said = append(said, attr(n, "data-line")+" "+attr(n, "data-action"))
	}
	return said
}

// 批量添加: a table is looked through, then granted; what is wrong with it is told by
// row and column, and what is no table is told too.
func TestAgentsAreAddedByATable(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		hall := s.newClient(t, map[string]any{"client_name": "试验" + fmt.Sprint(born.Add(1))})
		b := s.browser(t)
		f := b.registerFirm(b.newFirm())
		b.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
		registered, unknown, third := s.browser(t).registerPerson(s.person()), s.person(), s.person()
		form := b.open(s.url("/center/agents")).want(http.StatusOK, "center-agents").click("import").lookInto().want(http.StatusOK, "center-import")

		refused := func(name, want string, data []byte) {
			t.Helper()
			form.upload("a.csv", data).want(http.StatusUnprocessableEntity, "center-import").mustSayOnly("file", want)
		}
		refused("nothing", "没有内容", nil)
		refused("a head alone", "没有内容", []byte(sheetHead))
		refused("a picture", "无法读取", []byte("\x89PNG\r\n\x1a\n\x00"))
		refused("too large", "过大", bytes.Repeat([]byte("x"), 1<<20+1))
		refused("too long", "行数过多", []byte(sheetHead+strings.Repeat(third.line("否,"), 1001)))
		refused("without numbers", "证件号码", []byte("姓名,手机号码,有效开始日期,有效结束日期\n李四,1,2,3\n"))
		refused("another column", "工资", []byte("工资,"+sheetHead+"1\n"))

		table := sheetHead + registered.line("是,"+hall.id) + unknown.line("否,") + registered.line("否,") + third.line("否,没有这个网站") +
			third.line("否,=1+1") + strings.Replace(third.line("否,"), third.number, wrongCheck(third.number), 1)
		dry := form.upload("a.csv", []byte(table)).want(http.StatusOK, "center-import")
		if got := strings.Join(dry.outcomes(), ";"); got != "2 granted;3 invited;4 ;5 ;6 ;7 " {
			t.Errorf("the dry run says %q", got)
		}
		for _, word := range []string{"还没有添加", "授权 1 人", "邀请 1 人", "不能添加 4 行", "同一个人", "授权事项：", "公式", "校验位"} {
			if !strings.Contains(dry.text(), word) {
				t.Errorf("the dry run does not say %s", word)
			}
		}
		if list := b.open(s.url("/center/agents")); len(list.all(func(n *html.Node) bool { return attr(n, "data-mandate") != "" })) != 0 {
			t.Error("the dry run added somebody")
		}
		confirm := dry.form("submit")
		for _, p := range together(many(confirm, 5)...) {
			if p.status != http.StatusSeeOther {
				t.Errorf("of many clicks one answers %d%s", p.status, p.trouble())
			}
		}
		over := b.open(dry.url.String()).want(http.StatusOK, "center-import")
		if got := strings.Join(over.outcomes(), ";"); got != "2 granted;3 invited;4 ;5 ;6 ;7 " || over.must("counts") == nil || !strings.Contains(over.text(), "已处理完毕") {
			t.Errorf("it ends with %q", got)
		}
		states := map[string]int{}
		for _, n := range b.open(s.url("/center/agents")).all(func(n *html.Node) bool { return attr(n, "data-mandate") != "" }) {
			states[attr(n, "data-state")]++
		}
		if states["active"] != 1 || states["invited"] != 1 || len(states) != 2 {
			t.Errorf("agents: %v", states)
		}
		if got := len(b.messages(registered.phone)); got == 0 {
			t.Error("the agent was not told")
		}

		// A table in the other format, made of the one that is offered.
		again := b.open(s.url("/center/agents/import")).lookInto().want(http.StatusOK, "center-import")
		book, err := excelize.OpenReader(bytes.NewReader(b.get(s.url("/center/agents/import/template.xlsx")).body))
		if err != nil {
			t.Fatal(err)
		}
		name := book.GetSheetName(0)
		for cell, value := range map[string]any{
			"A2": third.name, "C2": third.number, "D2": "2016-03-01", "E2": "长期有效", "F2": third.phone, "G2": 46023, "H2": "2035.12.31", "I2": "no",
			"A3": "x", "B3": "护照",
		} {
			if err := book.SetCellValue(name, cell, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := book.SetCellFormula(name, "C3", "=1+1"); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := book.Write(&out); err != nil {
			t.Fatal(err)
		}
		dry = again.upload("a.xlsx", out.Bytes()).want(http.StatusOK, "center-import")
		if got := strings.Join(dry.outcomes(), ";"); got != "2 invited;3 " || !strings.Contains(dry.text(), "公式") {
			t.Errorf("of a workbook: %q %s", got, dry.text())
		}

		// Nobody else's case, no form of another kind.
		stranger := s.browser(t)
		stranger.ownFirm()
		if p := stranger.open(dry.url.String()); p.name() != "face-consent" {
			t.Errorf("another enterprise sees %s", p.name())
		}
		if p := b.open(strings.Replace(dry.url.String(), "/import", "/new", 1)); p.name() != "center-import" {
			t.Errorf("the case of a table opens %s", p.name())
		}
		anonymous := s.browser(t)
		anonymous.open(s.url("/login/enterprise"))
		if p := anonymous.send(request{method: http.MethodPost, url: dry.url, body: "--x--\r\n", kind: "multipart/form-data; boundary=x"}); p.status != http.StatusSeeOther {
			t.Errorf("who is not signed in sends a file: %d", p.status)
		}
	})
}

// Many rows are granted step by step, and each step shows how far it is.
func TestManyAgentsShowProgress(t *testing.T) {
	// Its messages would stand before the codes of other tests.
	with := setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}}
	onOwn(t, []string{onSQLite, onRedis}, with, func(t *testing.T, s *site) {
		b := s.browser(t)
		f := b.registerFirm(b.newFirm())
		b.asFirm(f.account, goodPassword).want(http.StatusOK, "home")
		table := sheetHead
		for range 250 {
			table += s.person().line("否,")
		}
		p := b.open(s.url("/center/agents/import")).lookInto().upload("a.csv", []byte(table)).want(http.StatusOK, "center-import")
		for _, want := range []string{"100 / 250", "200 / 250", "已处理完毕"} {
			if p = p.press(nil).want(http.StatusOK, "center-import"); !strings.Contains(p.text(), want) {
				t.Errorf("it does not say %s: %s", want, p.text()[:400])
			}
		}
		if !strings.Contains(p.text(), "邀请 250 人") {
			t.Error("not all were invited")
		}
	})
}
