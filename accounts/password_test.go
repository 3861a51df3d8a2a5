package accounts

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/accounts/passhash"
)

func refusedAs(err error) Code {
	if refusal, ok := errors.AsType[*RefusalError](err); ok && refusal.Field == FieldPassword {
		return refusal.Code
	}
	return ""
}

func zhangSan() PasswordContext {
	return PasswordContext{
		Account: "jlshili01", Phone: "+8613800008317", USCC: "91220102MA0TE5T169", EnterpriseName: "吉林省示例软件有限公司",
		PersonName: "张三", DocType: DocResidentID, DocNumber: "22010619950518004X",
	}
}

func TestCheckPassword(t *testing.T) {
	policy := NewPasswordPolicy(PasswordRules{Sites: []string{"吉林省统一身份认证平台", "tongid"}})
	for password, want := range map[string]Code{
		"Tongid-demo-2026":           "", // of the demo accounts
		"aB3$kL9#mQ":                 "",
		"correct horse battery":      "",
		"Xk7-Lm2-Zx9":                "",
		"夜半钟声到客船Xy7":                 "",
		"i like my green old teapot": "",

		"":                     CodePasswordShort,
		"aB3$kL9#m":            CodePasswordShort,
		strings.Repeat("吉", 9): CodePasswordShort,
		"aB3$kL9#e\u0301":      CodePasswordShort, // nine when composed
		"aB3$kL9#mQ\x00":       CodePasswordCharacters,
		"aB3$kL9#mQ\n":         CodePasswordCharacters,
		"aB3$kL9#mQ\u200b":     CodePasswordCharacters,
		"aB3$kL9#mQ\xff":       CodePasswordCharacters,
		good(65):               CodePasswordLong,
		good(64):               "",
		good(10_000):           CodePasswordLong,
		"kfxwqnprtz":           CodePasswordSimple,
		"kfxwqnprtz7":          CodePasswordSimple,
		"kfxwqnprtzmdbgv":      CodePasswordSimple, // 15
		"kfxwqnprtzmdbgvh":     "",                 // 16
		"7392861054618":        CodePasswordSimple,
		"Password123!":         CodePasswordCommon,
		"P@ssw0rd2026":         CodePasswordCommon,
		"drowssaP#321":         CodePasswordCommon,
		"Admin@123456":         CodePasswordCommon,
		"Qwer1234!@#$":         CodePasswordCommon,
		"1qaz@WSX3edc":         CodePasswordCommon,
		"1q2w3e4r5t!A":         CodePasswordCommon,
		"zaq12wsxCDE#":         CodePasswordCommon,
		"Woaini1314!":          CodePasswordCommon,
		"W0aini-5201314":       CodePasswordCommon,
		"wo@in1zhongguo":       CodePasswordCommon,
		"Wodemima888!":         CodePasswordCommon,
		"Zhangwei1990!":        CodePasswordCommon,
		"Changchun@2026":       CodePasswordCommon,
		"Jilin.2024.01":        CodePasswordCommon,
		"Tongid@2026!":         CodePasswordCommon, // the site's name
		"TongYiShenFen2026!":   CodePasswordCommon,
		"Aa123456789!":         CodePasswordCommon,
		"aaaaaaaaaaaaaaaaaaaa": CodePasswordCommon,
		"Ab1!Ab1!Ab1!Ab1!":     CodePasswordCommon,
		"abcdefghijklmnopqrst": CodePasswordCommon,
		"1234567890123456":     CodePasswordCommon,
		"iloveyouforever1314":  CodePasswordCommon,
		"passwordpassword":     CodePasswordCommon,
		"Ｐａｓｓｗｏｒｄ１２３！":         CodePasswordCommon,
		"Qq112233!!":           CodePasswordCommon,
		"Huawei@12#$":          CodePasswordCommon,
		"Sunshine2026!":        CodePasswordCommon,
		"2019-10-01Aa":         CodePasswordCommon,
		"147258369Aa!":         CodePasswordCommon,
		"Xk-Jlshili01-m":       CodePasswordPersonal,
		"Xk-Jl5hili0l-m":       CodePasswordPersonal,
		"Jlshili#2026":         CodePasswordPersonal,
		"10ilihslj#Xkm":        CodePasswordPersonal,
		"Kx13800008317#":       CodePasswordPersonal,
		"Kx138-0000-8317#":     CodePasswordPersonal,
		"Kx00008317#mq":        CodePasswordPersonal,
		"Aa8317!2026":          CodePasswordPersonal, // the phone's end, and a year
		"91220102ma0te5t169":   CodePasswordPersonal,
		"Kq#MA0TE5T16z":        CodePasswordPersonal,
		"22010619950518004x":   CodePasswordPersonal,
		"Kx#19950518mq":        CodePasswordPersonal,
		"Kx#950518mqWz":        CodePasswordPersonal,
		"Kx#18004Xmqz":         CodePasswordPersonal,
		"Kx#518004mqz":         CodePasswordPersonal,
		"Kx#ZhangSan7q":        CodePasswordPersonal,
		"Kx#Zh4ng.S4n7q":       CodePasswordPersonal,
		"Kx#SanZhang7q":        CodePasswordPersonal,
		"Zs@19880716":          CodePasswordPersonal,
		"ShiLiRuanJian#7q":     CodePasswordPersonal,
		"Shili@2026!!":         CodePasswordCommon,
		"jlsslrjyxgs#7Q":       CodePasswordPersonal,
		"张三KxqW#72mz":          CodePasswordPersonal,
		"吉林省示例软件有限公司Kx7":       CodePasswordPersonal,
	} {
		if got := refusedAs(policy.CheckPassword(password, zhangSan())); got != want {
			t.Errorf("%.40q: %q, want %q (%d guesses)", password, got, want, policy.guesses(newTypedPassword(password), nil))
		}
	}
}

// The password of the demo accounts is one that each of them may choose.
func TestDemoPassword(t *testing.T) {
	policy := NewPasswordPolicy(PasswordRules{Sites: []string{"吉林省统一身份认证平台", "tongid", "localhost"}})
	for _, about := range []PasswordContext{
		zhangSan(),
		{Account: "jlshili01", Phone: "13800000001", USCC: "91220102MA0TE5T169", EnterpriseName: "吉林省示例软件有限公司", PersonName: "张三", DocType: DocResidentID, DocNumber: "220102199003070013"},
		{Account: "jljianzhu", Phone: "13800000005", USCC: "91220000MA17AB3K2C", EnterpriseName: "吉林省示例建筑有限公司", PersonName: "赵六", DocType: DocResidentID, DocNumber: "220582200412311286"},
		{Phone: "13800000003", USCC: "92220104MA84KX2E1M", EnterpriseName: "长春市示例面馆", PersonName: "王五", DocType: DocResidentID, DocNumber: "220202197602290153"},
		{Phone: "13800000007", USCC: "91220106MA54728040", EnterpriseName: "吉林省测试贸易有限公司", PersonName: "钱一", DocType: DocResidentID, DocNumber: "220104198806150023"},
		{Phone: "13800000002", PersonName: "李四", DocType: DocResidentID, DocNumber: "220104198511202324"},
		{Phone: "13800000004", PersonName: "孙七", DocType: DocResidentID, DocNumber: "22010619950518004X"},
		{Phone: "13800000006", PersonName: "周八", DocType: DocResidentID, DocNumber: "22240119680615047X"},
	} {
		if err := policy.CheckPassword("Tongid-demo-2026", about); err != nil {
			t.Errorf("%s: %v", about.PersonName, err)
		}
	}
}

// good returns a good password of n characters.
func good(n int) string {
	const some = "aB3$kL9#mQz7-Xw2"
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = some[r.IntN(len(some))]
	}
	return string(b)
}

// Others may choose what one may not.
func TestPersonalIsPersonal(t *testing.T) {
	policy := NewPasswordPolicy(PasswordRules{})
	for _, password := range []string{
		"Xk-Jlshili01-m", "Kx#950518mqWz", "Kx13800008317#", "Kx#ZhangSan7q", "jlsslrjyxgs#7Q", "张三KxqW#72mz",
	} {
		if err := policy.CheckPassword(password, PasswordContext{PersonName: "李四", Phone: "13900001234"}); err != nil {
			t.Errorf("%s: %v", password, err)
		}
	}
}

func TestNamesAreReadInEveryWay(t *testing.T) {
	policy := NewPasswordPolicy(PasswordRules{})
	for _, test := range []struct{ name, password string }{
		{"单雄信", "Kx#ShanXiongXin7"},
		{"单雄信", "Kx#DanXiongXin7"},
		{"曾国", "Kx#zengguo7Q"},
		{"吕布", "Kx#LvBu7qWz"},
		{"吕布", "Kx#LyuBu7qWz"},
		{"吕布", "Kx#LuBu7qWz"},
		{"阿里木·买买提", "Kx#MaiMaiTi.AliMu7"},
		{"阿里木·买买提", "Kx#alimumaimaiti7Q"},
		{"John Smith", "Kx#JohnSmith7q"},
		{"John Smith", "Kx#sm1th.j0hn7Q"},
		{"José Núñez", "Kx#josenunez7Q"},
		{"王䶮", "Kx#WangYan7qz"},
	} {
		if got := refusedAs(policy.CheckPassword(test.password, PasswordContext{PersonName: test.name})); got != CodePasswordPersonal {
			t.Errorf("%s chooses %s: %q", test.name, test.password, got)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	for _, test := range []struct {
		name      string
		have      PasswordRules
		want      PasswordRules
		password  string
		refusedAs Code
	}{
		{"none", PasswordRules{}, PasswordRules{MinLength: 10, MaxLength: 64, Classes: 3, FreeLength: 16}, "aB3$kL9#mQ", ""},
		{"of staff", PasswordRules{MinLength: 12}, PasswordRules{MinLength: 12, MaxLength: 64, Classes: 3, FreeLength: 16}, "aB3$kL9#mQ", CodePasswordShort},
		{"too weak", PasswordRules{MinLength: 1, Classes: -1, FreeLength: 1}, PasswordRules{MinLength: 10, MaxLength: 64, Classes: 1, FreeLength: 16}, "kfxwqnprtz", ""},
		{"too long", PasswordRules{MaxLength: 1 << 20}, PasswordRules{MinLength: 10, MaxLength: 256, Classes: 3, FreeLength: 16}, good(256), ""},
		{"upside down", PasswordRules{MinLength: 30, MaxLength: 20, Classes: 9}, PasswordRules{MinLength: 30, MaxLength: 30, Classes: 4, FreeLength: 16}, good(30), ""},
	} {
		policy := NewPasswordPolicy(test.have)
		got := policy.Rules()
		if got.MinLength != test.want.MinLength || got.MaxLength != test.want.MaxLength || got.Classes != test.want.Classes || got.FreeLength != test.want.FreeLength {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
		if got := refusedAs(policy.CheckPassword(test.password, PasswordContext{})); got != test.refusedAs {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// Passwords made by chance pass, whoever makes them.
func TestRandomPasswordsPass(t *testing.T) {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!@#$%^&*-_=+"
	policy := NewPasswordPolicy(PasswordRules{Sites: []string{"tongid"}})
	r := rand.New(rand.NewPCG(7, 9))
	const tries = 1_500
	refused := 0
	for range tries {
		b := make([]byte, 12)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		if classes(string(b)) < 3 {
			continue
		}
		if err := policy.CheckPassword(string(b), zhangSan()); err != nil {
			refused++
		}
	}
	if refused > tries/500 { // it is about one in ten thousand
		t.Errorf("%d of %d are refused", refused, tries)
	}
}

// The list is in order and says nothing twice.
func TestWeakWords(t *testing.T) {
	words := readWeakWords()
	if len(words.words) < 5_000 {
		t.Errorf("%d words", len(words.words))
	}
	for word := range words.words {
		if len(word) < 2 || strings.ToLower(word) != word || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("%q is no word", word)
		}
	}
}

// The kinds of document are told apart by strings in idnum, which imports
// nothing of ours.
func TestDocTypesAreKinds(t *testing.T) {
	ours := []DocType{
		DocResidentID, DocHKMacaoPermit, DocTaiwanPermit, DocResidencePermit, DocPermanentResident, DocPassport,
	}
	for i, kind := range idnum.Kinds() {
		if string(ours[i]) != kind {
			t.Errorf("%s is %s in idnum", ours[i], kind)
		}
	}
	for _, legalType := range LegalTypes() {
		known := false
		for _, first := range "123456789ANY" {
			for _, second := range "123459" {
				known = known || idnum.LegalTypeFits(string(legalType), idnum.USCC(string(first)+string(second)+strings.Repeat("0", 16)))
			}
		}
		if !known {
			t.Errorf("no code fits %s", legalType)
		}
	}
}

// Whatever is typed: an answer of ours, the same again, and no more than can be
// hashed passes. What is known of somebody never passes.
func TestPasswordProperties(t *testing.T) {
	policy := NewPasswordPolicy(PasswordRules{MaxLength: 256})
	rapid.Check(t, func(t *rapid.T) {
		about := PasswordContext{
			Account:        rapid.StringMatching(`[a-z][a-z0-9_]{7,19}`).Draw(t, "account"),
			Phone:          "+86" + rapid.StringMatching(`1[3-9]\d{9}`).Draw(t, "phone"),
			PersonName:     rapid.String().Draw(t, "person"),
			EnterpriseName: rapid.String().Draw(t, "enterprise"),
			DocType:        rapid.SampledFrom([]DocType{DocResidentID, DocPassport, "", "x"}).Draw(t, "type"),
			DocNumber:      rapid.OneOf(rapid.StringMatching(`[A-Z0-9]{0,18}`), rapid.String()).Draw(t, "number"),
			USCC:           rapid.String().Draw(t, "uscc"),
		}
		password := rapid.String().Draw(t, "password")
		err := policy.CheckPassword(password, about)
		if err == nil && (utf8.RuneCountInString(password) < 10 && len(password) < 10 || len(password) > passhash.MaxPassword) {
			t.Errorf("%q passes", password)
		}
		if err != nil && refusedAs(err) == "" {
			t.Errorf("%v is no answer", err)
		}
		for _, secret := range []string{about.Account, about.Phone, about.Phone[3:]} {
			for _, made := range []string{"Kx#" + secret + "mQ7", "Kx#" + strings.ToUpper(secret) + "mQ7", "Kx#" + reverse(secret) + "mQ7"} {
				if got := refusedAs(policy.CheckPassword(made, about)); got != CodePasswordPersonal && got != CodePasswordCommon {
					t.Errorf("%s passes for %s: %q", made, secret, got)
				}
			}
		}
	})
}

func FuzzCheckPassword(f *testing.F) {
	policy := NewPasswordPolicy(PasswordRules{Sites: []string{"tongid"}})
	f.Add("Kx#ZhangSan7q", "张三", "22010619950518004X")
	f.Add("\u0130stanbul-\ufb01\u1e9e\u0149", "ÿß", "E1")
	f.Fuzz(func(t *testing.T, password, name, number string) {
		err := policy.CheckPassword(password, PasswordContext{
			Account: name, Phone: number, USCC: number, EnterpriseName: name, PersonName: name, DocType: DocResidentID, DocNumber: number,
		})
		if err != nil && refusedAs(err) == "" {
			t.Errorf("%v is no answer", err)
		}
	})
}

func BenchmarkCheckPassword(b *testing.B) {
	policy := NewPasswordPolicy(PasswordRules{Sites: []string{"吉林省统一身份认证平台"}})
	long := zhangSan()
	long.EnterpriseName = strings.Repeat("吉林省示例软件有限公司", 9)
	for name, test := range map[string]struct {
		password string
		about    PasswordContext
	}{
		"usual": {"Tongid-demo-2026", zhangSan()}, "longest": {good(64), long},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := policy.CheckPassword(test.password, test.about); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
