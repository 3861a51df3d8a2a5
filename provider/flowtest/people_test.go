package flowtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	"github.com/tongid/tongid/accounts/idnum"
)

// Persons and firms that nobody else in these tests is. Whatever of them must stand
// in no log, address or cookie, the ledger of their site learns at once.

// goodPassword is one that every rule allows.
const goodPassword = "Quiet-Harbour-7391"

// human is a natural person with a resident identity card.
type human struct {
	name   string
	number string
	phone  string // eleven digits
}

// firm is an enterprise as its registration asks for it.
type firm struct {
	account   string
	legalType string
	name      string
	uscc      string
	rep       human
}

// Persons and firms of the demo (contract, "Demo data").
var (
	liSi    = human{"李四", "220102198511202324", "13800000002"}
	sunQi   = human{"孙七", "22010619950518004X", "13800000004"}
	zhouBa  = human{"周八", "22240119680615047X", "13800000006"}
	zhang   = human{"张三", "220102199003070013", "13800000001"}
	zhaoLiu = human{"赵六", "220582200412311286", "13800000005"}
	// trading stands in the register only.
	trading = firm{
		"ceshi_trade", "enterprise", "吉林省测试贸易有限公司", "91220106MA54728040",
		human{"钱一", "220104198806150023", "13800000007"},
	}
	noodleShop = firm{
		"noodles_01", "individual_business", noodles.name, noodles.uscc,
		human{"王五", "220202197602290153", "13800000003"},
	}
)

// born numbers the persons and firms that these tests make up. A Redis Cluster may
// remember those of an earlier run.
var born = func() *atomic.Int64 {
	var n atomic.Int64
	n.Store(rand.Int64N(10_000))
	return &n
}()

// person makes somebody up.
func (s *site) person() human {
	n := born.Add(1)
	const surnames, given = "陈林黄何郭马罗梁宋郑", "安博达恩方国海嘉凯明"
	p := human{
		name:   pick(surnames, n) + pick(given, n/10) + pick(given, n/100) + pick(given, n/7),
		number: citizen(fmt.Sprintf("220104%04d%02d%02d%03d", 1960+n%40, 1+n%12, 1+n%28, 100+n%800)),
		phone:  fmt.Sprintf("159%08d", 10_000_000+n*7919),
	}
	return s.known(p)
}

// known tells the ledger about a person.
func (s *site) known(p human) human {
	s.ledger.person(p)
	return p
}

// firm makes an enterprise up, and puts it into the simulated register.
func (b *browser) newFirm() firm {
	b.t.Helper()
	f := b.site.unregistered()
	b.putEntry(f, nil)
	return f
}

// unregistered is a firm that no register has.
func (s *site) unregistered() firm {
	n := born.Add(1)
	code := organisation(fmt.Sprintf("91220106MA%06d", 100_000+n*37))
	f := firm{
		account: fmt.Sprintf("firm_%06d", n), legalType: "enterprise",
		name: fmt.Sprintf("长春市第%d号试验有限公司", n), uscc: code, rep: s.person(),
	}
	s.ledger.keep("credit code", f.uscc)
	return f
}

func pick(from string, n int64) string {
	all := []rune(from)
	return string(all[int(n)%len(all)])
}

// citizen adds the check digit of GB 11643.
func citizen(first string) string {
	sum, weights := 0, [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	for i, w := range weights {
		sum += int(first[i]-'0') * w
	}
	return first + string("10X98765432"[sum%11])
}

// organisation adds what makes of sixteen characters a code that holds: the check
// characters of GB 11714 and GB 32100.
func organisation(first string) string {
	for _, inner := range "0123456789X" {
		for _, outer := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
			code, err := idnum.ParseUSCC(first + string(inner) + string(outer))
			if err == nil && code.OrganisationCheck() {
				return string(code)
			}
		}
	}
	panic("no code begins with " + first)
}

// wrongCheck is a number whose last character is another one.
func wrongCheck(number string) string {
	last := "0"
	if strings.HasSuffix(number, last) {
		last = "1"
	}
	return number[:len(number)-1] + last
}

// fields are what somebody types into a form, by name.
type fields map[string]string

func (f fields) with(more fields) fields {
	all := maps.Clone(f)
	maps.Copy(all, more)
	return all
}

func (f fields) without(names ...string) fields {
	all := maps.Clone(f)
	for _, name := range names {
		delete(all, name)
	}
	return all
}

// document is an identity card of twenty years.
func (p human) document(prefix string) fields {
	return fields{
		prefix + "_type": "resident_id", prefix + "_number": p.number, prefix + "_term": "20",
		prefix + "_from": "2016-03-01", prefix + "_to": "2036-03-01",
	}
}

// registration is what 个人注册 asks for, without the proofs.
func (p human) registration() fields {
	return p.document("id").with(fields{"name": p.name, "phone": p.phone})
}

// facts are what activation asks of a firm, and registration too.
func (f firm) facts() fields {
	return f.rep.document("rep_id").with(fields{
		"legal_type": f.legalType, "name": f.name, "uscc": f.uscc, "rep_name": f.rep.name,
	})
}

// registration is what 企业注册 asks for, without the proofs.
func (f firm) registration() fields {
	return f.facts().with(fields{"account": f.account, "phone": f.rep.phone})
}

// recovery is what 忘记密码 of an enterprise asks for.
func (f firm) recovery() fields {
	return fields{
		"account": f.uscc, "rep_name": f.rep.name, "rep_id_type": "resident_id", "rep_id_number": f.rep.number,
	}
}

// recovery is what 忘记密码 of a person asks for.
func (p human) recovery() fields {
	return fields{"account": p.phone, "name": p.name, "id_type": "resident_id", "id_number": p.number}
}

// newPassword are the two fields of one.
func newPassword(password string) fields {
	return fields{"password": password, "password_confirm": password}
}
