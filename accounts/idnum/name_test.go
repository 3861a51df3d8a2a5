package idnum

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestParsePersonName(t *testing.T) {
	for _, test := range []struct {
		kind, text, want string
		err              error
	}{
		{KindResidentID, "张三", "张三", nil},
		{KindResidentID, " \u3000张三\u200b ", "张三", nil},
		{KindResidentID, "张\u3000\u3000三", "张 三", nil},
		{KindResidentID, "王䶮", "王䶮", nil},
		{KindResidentID, "李𬱖", "李𬱖", nil},
		{KindResidentID, "王\U000323b0", "王\U000323b0", nil}, // of Unicode 15
		{KindResidentID, "王\ue863", "王\ue863", nil},         // from before it had a code point of its own
		{KindResidentID, "王\ue001", "", ErrNameCharset},
		{KindResidentID, "王葛\U000e0100", "王葛\U000e0100", nil},
		{KindResidentID, "阿里木·买买提", "阿里木·买买提", nil},
		{KindResidentID, "阿里木•买买提", "阿里木•买买提", nil},
		{KindResidentID, "阿里木.买买提", "阿里木.买买提", nil},
		{KindResidentID, "阿里木 · 买买提", "阿里木 · 买买提", nil},
		{KindResidentID, "阿里木··买买提", "", ErrNameForm},
		{KindResidentID, "·买买提", "", ErrNameForm},
		{KindResidentID, "买买提·", "", ErrNameForm},
		{KindResidentID, "··", "", ErrNameForm},
		{KindResidentID, "\u0301张三", "", ErrNameCharset},
		{KindResidentID, "张", "", ErrNameLength},
		{KindResidentID, "", "", ErrNameLength},
		{KindResidentID, strings.Repeat("张", 100), strings.Repeat("张", 100), nil},
		{KindResidentID, strings.Repeat("张", 101), "", ErrNameLength},
		{KindResidentID, strings.Repeat("张", 5_000), "", ErrNameLength},
		{KindResidentID, "张三1", "", ErrNameCharset},
		{KindResidentID, "张三\uff11", "", ErrNameCharset},
		{KindResidentID, "张😀", "", ErrNameCharset},
		{KindResidentID, "张\n三", "", ErrNameCharset},
		{KindResidentID, "张\x00三", "", ErrNameCharset},
		{KindResidentID, "张\xff三", "", ErrNameCharset},
		{KindResidentID, "<b>张三", "", ErrNameCharset},
		{KindResidentID, "张三' or '1'='1", "", ErrNameCharset},
		{KindResidentID, "{{.Name}}", "", ErrNameCharset},
		{KindResidentID, "Zhang San", "", ErrNameCharset},
		{KindPassport, "John A. Smith", "John A. Smith", nil},
		{KindPassport, "O'Brien, Seán-Pádraig", "O'Brien, Seán-Pádraig", nil},
		{KindPassport, "Robert Smith Jr.", "Robert Smith Jr.", nil},
		{KindPassport, "José", "José", nil},
		{KindPassport, "Jose\u0301", "Jose\u0301", nil},
		{KindPassport, "ＪＯＨＮ", "ＪＯＨＮ", nil},
		{KindPassport, "张三", "张三", nil},
		{KindPassport, "John--Smith", "", ErrNameForm},
		{KindPassport, "'John", "", ErrNameForm},
		{KindPassport, "Henry Ⅷ", "", ErrNameCharset},
		{KindPassport, "John 2", "", ErrNameCharset},
		{KindPassport, "John; drop", "", ErrNameCharset},
		{KindHKMacaoPermit, "CHAN Tai-man", "CHAN Tai-man", nil},
	} {
		got, err := ParsePersonName(test.kind, test.text)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParsePersonName(%q, %.40q) = %q, %v, want %q, %v", test.kind, test.text, got, err, test.want, test.err)
		}
	}
}

func TestPersonNameKey(t *testing.T) {
	for _, same := range [][]string{
		{"张三", "张 三", "张\u3000三"},
		{"阿里木·买买提", "阿里木•买买提", "阿里木・买买提", "阿里木‧买买提", "阿里木.买买提", "阿里木．买买提", "阿里木。买买提", "阿里木 · 买买提"},
		{"王䶮", "王\ue863"},
		{"王葛", "王葛\U000e0100"},
		{"凞明", "\U0002f80e明"[:0] + "凞明"},
		{"豈三", "\uf900三"}, // a compatibility ideograph
		{"John A. Smith", "JOHN A SMITH", "ｊｏｈｎ a. smith", "JOHN, A. SMITH"},
		{"José", "Jose\u0301", "JOSE"},
		{"Tai-man", "TAI MAN", "Taiman"},
	} {
		for _, name := range same {
			if got, want := PersonNameKey(name), PersonNameKey(same[0]); got != want {
				t.Errorf("%q is %q, and %q is %q", name, got, same[0], want)
			}
		}
	}
	for _, pair := range [][2]string{{"张三", "张叁"}, {"阿里木·买买提", "阿里木买买提"}, {"John", "Jon"}, {"王䶮", "王"}} {
		if PersonNameKey(pair[0]) == PersonNameKey(pair[1]) {
			t.Errorf("%q and %q are one name", pair[0], pair[1])
		}
	}
}

func TestPublished(t *testing.T) {
	seen := map[rune]rune{}
	for r := rune(firstPrivate); r <= lastPrivate; r++ {
		got := published(r)
		if other, ok := seen[got]; ok || got == utf8.RuneError || got == r {
			t.Errorf("%U is %U, as is %U", r, got, other)
		}
		seen[got] = r
	}
	for from, want := range map[rune]rune{0xe863: 0x4dae, 0xe815: 0x2e81, 0xe843: 0x9fb9, 0xe864: 0x9fbb, 0xe865: 0xe865, 'a': 'a'} {
		if got := published(from); got != want {
			t.Errorf("%U is %U, want %U", from, got, want)
		}
	}
}

func TestParseEnterpriseName(t *testing.T) {
	for _, test := range []struct {
		text, want string
		err        error
	}{
		{"吉林省示例软件有限公司", "吉林省示例软件有限公司", nil},
		{" 吉林（长春）示例有限公司 ", "吉林（长春）示例有限公司", nil},
		{"长春A&B商贸(集团)有限公司第2分公司", "长春A&B商贸(集团)有限公司第2分公司", nil},
		{"延边조선무역有限公司", "延边조선무역有限公司", nil},
		{"长春“老味道”面馆", "长春“老味道”面馆", nil},
		{"O'Neil's (Beijing) Co., Ltd.", "O'Neil's (Beijing) Co., Ltd.", nil},
		{"吉林䶮𬱖有限公司", "吉林䶮𬱖有限公司", nil},
		{"社", "", ErrNameLength},
		{"", "", ErrNameLength},
		{"()()", "", ErrNameForm},
		{strings.Repeat("长", 100), strings.Repeat("长", 100), nil},
		{strings.Repeat("长", 101), "", ErrNameLength},
		{"<script>alert(1)</script>", "", ErrNameCharset},
		{"{{.}}公司", "", ErrNameCharset},
		{"公司'; drop table x", "", ErrNameCharset},
		{"公司\n名称", "", ErrNameCharset},
		{"公司🏢", "", ErrNameCharset},
		{"公司\xff名", "", ErrNameCharset},
	} {
		got, err := ParseEnterpriseName(test.text)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseEnterpriseName(%.40q) = %q, %v, want %q, %v", test.text, got, err, test.want, test.err)
		}
	}
}

func TestEnterpriseNameKey(t *testing.T) {
	for _, same := range [][]string{
		{"吉林（长春）示例有限公司", "吉林(长春)示例有限公司", "吉林〔长春〕示例 有限公司", "吉林【长春】示例有限公司"},
		{"长春A&B商贸", "长春ａ＆ｂ商贸", "长春 a & b 商贸"},
		{"长春·示例", "长春•示例", "长春.示例"},
		{"长春“老味道”面馆", "长春老味道面馆", "长春\"老味道\"面馆"},
		{"长春—吉林公司", "长春-吉林公司", "长春－吉林公司"},
		{"甲、乙公司", "甲，乙公司", "甲,乙公司"},
		{"Co., Ltd.", "CO.,LTD."},
	} {
		for _, name := range same {
			if got, want := EnterpriseNameKey(name), EnterpriseNameKey(same[0]); got != want {
				t.Errorf("%q is %q, and %q is %q", name, got, same[0], want)
			}
		}
	}
	if EnterpriseNameKey("吉林长春示例") == EnterpriseNameKey("吉林(长春)示例") {
		t.Error("brackets make no difference")
	}
}

// The key of a key is itself, whatever the character.
func TestNameKeysAreFinal(t *testing.T) {
	for r := range rune(0x20000) {
		if unicode.ToUpper(r) == r && unicode.ToLower(r) == r && norm.NFKD.IsNormalString(string(r)) {
			continue
		}
		for _, s := range []string{string(r), "A" + string(r) + "\u0301", "\u1100" + string(r)} {
			if key := PersonNameKey(s); PersonNameKey(key) != key {
				t.Errorf("PersonNameKey(%q) = %q, of which it is %q", s, key, PersonNameKey(key))
			}
			if key := EnterpriseNameKey(s); EnterpriseNameKey(key) != key {
				t.Errorf("EnterpriseNameKey(%q) = %q, of which it is %q", s, key, EnterpriseNameKey(key))
			}
		}
	}
}

func FuzzParsePersonName(f *testing.F) {
	for _, s := range []string{"张三", "阿里木·买买提", "王\ue863", "John A. Smith", "Jose\u0301", "葛\U000e0100", "İı. ǅ"} {
		f.Add(true, s)
		f.Add(false, s)
	}
	f.Fuzz(func(t *testing.T, resident bool, s string) {
		kind := KindPassport
		if resident {
			kind = KindResidentID
		}
		key := PersonNameKey(s)
		if again := PersonNameKey(key); again != key {
			t.Errorf("PersonNameKey(%q) = %q, of which it is %q", s, key, again)
		}
		MaskName(s)
		got, err := ParsePersonName(kind, s)
		if err != nil {
			return
		}
		if again, err := ParsePersonName(kind, got); again != got || err != nil {
			t.Errorf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if PersonNameKey(got) != key || key == "" {
			t.Errorf("%q became %q: keys %q and %q", s, got, key, PersonNameKey(got))
		}
	})
}

func FuzzParseEnterpriseName(f *testing.F) {
	for _, s := range []string{"吉林（长春）示例有限公司", "A&B Co., Ltd.", "延边조선", "㈱…"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := EnterpriseNameKey(s)
		if again := EnterpriseNameKey(key); again != key {
			t.Errorf("EnterpriseNameKey(%q) = %q, of which it is %q", s, key, again)
		}
		got, err := ParseEnterpriseName(s)
		if err != nil {
			return
		}
		if again, err := ParseEnterpriseName(got); again != got || err != nil {
			t.Errorf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if EnterpriseNameKey(got) != key || key == "" {
			t.Errorf("%q became %q: keys %q and %q", s, got, key, EnterpriseNameKey(got))
		}
	})
}
