package templates

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A table is read by spreadsheets: what stands in it runs nowhere, and stays text.
func TestActivityTable(t *testing.T) {
	var out bytes.Buffer
	table, err := NewActivityTable(&out, Chinese)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	for _, r := range []ActivityRow{
		{Kind: "sign_in", At: at, Portal: `=HYPERLINK("http://x")`, Agent: "@四", Alive: true},
		{Kind: "sign_in", At: at, Portal: "-1", Own: true},
		{Kind: "mandate", At: at, Action: "revoked", By: "enterprise"},
		{Kind: "sign_in", At: at, Portal: "\t+x", Agent: "+四\r\n,"},
	} {
		if err := table.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(out.String(), "\ufeff")
	if !ok {
		t.Error("Excel would not know that it is UTF-8")
	}
	got, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const when = "2026-08-17 14:05:09"
	want := [][]string{
		{"时间", "操作", "网站", "经办人", "操作账号", "状态"},
		{when, "登录网站", `'=HYPERLINK("http://x")`, "'@四", "", "仍然有效"},
		{when, "登录网站", "'-1", "企业账号", "", "已结束"},
		{when, "撤销", "", "账号已注销", "法人账号", ""},
		{when, "登录网站", "'\t+x", "'+四\n,", "", "已结束"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
