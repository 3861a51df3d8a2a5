package templates

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Brand is whose service this is: names, emblem, and every line of the
// government header and footer. All of it is configuration. What is unset is
// not shown, except the site's name and emblem, which have neutral defaults.
type Brand struct {
	Name     string `json:"name,omitempty" yaml:"name"`         // default: 统一身份认证平台
	NameEN   string `json:"name_en,omitempty" yaml:"name_en"`   // default: Unified Identity Authentication Platform
	Owner    string `json:"owner,omitempty" yaml:"owner"`       // 主办单位, left in the header
	OwnerEN  string `json:"owner_en,omitempty" yaml:"owner_en"` // default: Owner
	OwnerURL string `json:"owner_url,omitempty" yaml:"owner_url"`
	// Emblem is the path of a picture file (SVG, PNG, JPEG) that stands in the
	// banner; it is read once, at start.
	Emblem string `json:"emblem,omitempty" yaml:"emblem"`

	Nav []Link `json:"nav,omitempty" yaml:"nav"` // header links
	// SearchURL receives the header's search as a GET with the parameter
	// SearchParam; its own query is carried along.
	SearchURL   string `json:"search_url,omitempty" yaml:"search_url"`
	SearchParam string `json:"search_param,omitempty" yaml:"search_param"` // default: q

	SiteMapURL string `json:"site_map_url,omitempty" yaml:"site_map_url"` // 网站地图
	NoticesURL string `json:"notices_url,omitempty" yaml:"notices_url"`   // 网站通告
	AboutURL   string `json:"about_url,omitempty" yaml:"about_url"`       // 关于我们

	Fax             string `json:"fax,omitempty" yaml:"fax"`                       // 传真
	Copyright       string `json:"copyright,omitempty" yaml:"copyright"`           // 版权所有
	CopyrightEN     string `json:"copyright_en,omitempty" yaml:"copyright_en"`     // default: Copyright
	ChineseDomain   string `json:"chinese_domain,omitempty" yaml:"chinese_domain"` // 中文域名
	SiteCode        string `json:"site_code,omitempty" yaml:"site_code"`           // 网站标识码
	ICP             string `json:"icp,omitempty" yaml:"icp"`                       // ICP备案号
	ICPURL          string `json:"icp_url,omitempty" yaml:"icp_url"`
	PoliceRecord    string `json:"police_record,omitempty" yaml:"police_record"` // 公网安备
	PoliceRecordURL string `json:"police_record_url,omitempty" yaml:"police_record_url"`
	BrowserAdvice   bool   `json:"browser_advice,omitempty" yaml:"browser_advice"` // 建议使用…浏览器

	FaceApp   string `json:"face_app,omitempty" yaml:"face_app"`       // what scans the code of a face check; default: 吉事办APP
	FaceAppEN string `json:"face_app_en,omitempty" yaml:"face_app_en"` // default: Jishiban app, or FaceApp if that is set
	// Desk says where appeals (账号申诉) are taken: place, hours, telephone, a line
	// each. Without it no page leads to one.
	Desk      string `json:"desk,omitempty" yaml:"desk"`
	DeskEN    string `json:"desk_en,omitempty" yaml:"desk_en"`         // default: Desk
	SMSSign   string `json:"sms_sign,omitempty" yaml:"sms_sign"`       // 签名 of short messages, as approved; default: 统一身份认证
	SMSSignEN string `json:"sms_sign_en,omitempty" yaml:"sms_sign_en"` // default: SMSSign
}

// faceApp is the name of the app that scans the code of a face check.
func (b Brand) faceApp(lang string) string { return inLang(lang, b.FaceApp, b.FaceAppEN) }

// Link is a named address in the header.
type Link struct {
	Name   string `json:"name" yaml:"name"`
	NameEN string `json:"name_en,omitempty" yaml:"name_en"` // default: Name
	URL    string `json:"url" yaml:"url"`
}

// DemoBrand is a sample government site. Nothing in it belongs to a real one:
// the numbers are zeros, and the links lead to the domain reserved for examples
// (RFC 2606 §3).
func DemoBrand() Brand {
	const site = "https://www.example.com/"
	return Brand{
		Name:   "示例省统一身份认证平台",
		NameEN: "Example Province Unified Identity Authentication Platform",
		Owner:  "示例省人民政府", OwnerEN: "Example Province Government", OwnerURL: site,
		Nav: []Link{
			{Name: "省政府", NameEN: "Government", URL: site + "?government"},
			{Name: "政务公开", NameEN: "Disclosure", URL: site + "?disclosure"},
			{Name: "办事服务", NameEN: "Services", URL: site + "?services"},
			{Name: "互动交流", NameEN: "Contact", URL: site + "?contact"},
			{Name: "省情概况", NameEN: "The province", URL: site + "?province"},
		},
		SearchURL:  site,
		SiteMapURL: site + "?map", NoticesURL: site + "?notices", AboutURL: site + "?about",
		Fax: "0000-00000000", Copyright: "示例省人民政府门户网站", CopyrightEN: "Example Province government portal",
		ChineseDomain: "示例省人民政府.测试", SiteCode: "0000000000",
		ICP: "示例ICP备00000000号", PoliceRecord: "示例公网安备 00000000000000号",
		BrowserAdvice: true,
		Desk:          "示例市政务服务中心一楼 统一身份认证窗口\n工作日 9:00–17:00\n电话 0000-00000000",
		DeskEN:        "Example City Service Centre, ground floor, identity desk\nWorking days 9:00–17:00\nTelephone 0000-00000000",
	}
}

// withDefaults fills in what a page cannot do without.
func (b Brand) withDefaults() Brand {
	if b.Name == "" {
		b.Name = "统一身份认证平台"
		if b.NameEN == "" {
			b.NameEN = "Unified Identity Authentication Platform"
		}
	}
	if b.SearchParam == "" {
		b.SearchParam = "q"
	}
	if b.FaceApp == "" {
		b.FaceApp = "吉事办APP"
		if b.FaceAppEN == "" {
			b.FaceAppEN = "Jishiban app"
		}
	}
	if b.SMSSign == "" {
		b.SMSSign = "统一身份认证"
	}
	return b
}

// Validate lists every fault of the brand, so that an operator sees all at once.
func (b Brand) Validate() error {
	var faults []error
	check := func(field, address string) {
		if address != "" && !webAddress(address) {
			faults = append(faults, fmt.Errorf("brand: %s: %q is neither an http(s) address nor a path", field, address))
		}
	}
	check("owner_url", b.OwnerURL)
	check("search_url", b.SearchURL)
	check("site_map_url", b.SiteMapURL)
	check("notices_url", b.NoticesURL)
	check("about_url", b.AboutURL)
	check("icp_url", b.ICPURL)
	check("police_record_url", b.PoliceRecordURL)
	for field, sign := range map[string]string{"sms_sign": b.SMSSign, "sms_sign_en": b.SMSSignEN} {
		if strings.ContainsAny(sign, "【】") {
			faults = append(faults, fmt.Errorf("brand: %s: %q: the brackets are put around it", field, sign))
		}
	}
	for i, l := range b.Nav {
		field := fmt.Sprintf("nav[%d]", i)
		if l.Name == "" || l.URL == "" {
			faults = append(faults, fmt.Errorf("brand: %s: name and url are needed", field))
			continue
		}
		check(field+".url", l.URL)
	}
	return errors.Join(faults...)
}

// FormTargets are the origins that the header's search form sends to. A policy
// with form-action 'self' must name them too, or browsers block the search.
func (b Brand) FormTargets() []string {
	u, err := url.Parse(b.SearchURL)
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{u.Scheme + "://" + u.Host}
}

// webAddress reports whether s may stand in a link: an http(s) URL or a path of
// our own, not a path that a browser takes for a host ("//", "/\").
func webAddress(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	if u.Scheme == "" {
		return u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.HasPrefix(s, `/\`)
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// search is the header's search form.
type search struct {
	Action string
	Param  string
	Kept   []pair // parameters of the configured address
}

func (b Brand) search() *search {
	u, err := url.Parse(b.SearchURL)
	if b.SearchURL == "" || err != nil {
		return nil
	}
	s := &search{Param: b.SearchParam}
	query := u.Query()
	for _, name := range sortedKeys(query) {
		for _, value := range query[name] {
			s.Kept = append(s.Kept, pair{name, value})
		}
	}
	u.RawQuery, u.Fragment = "", ""
	s.Action = u.String()
	return s
}

type pair struct{ Name, Value string }

// footerFact is one registration line of the footer.
type footerFact struct {
	Key   string // catalogue key of the label, empty when the value says it itself
	Value string
	URL   string
}

// facts are the footer's lines in the manual's order.
func (b Brand) facts(lang string) []footerFact {
	all := []footerFact{
		{Key: "footer.copyright", Value: inLang(lang, b.Copyright, b.CopyrightEN)},
		{Key: "footer.chinese_domain", Value: b.ChineseDomain},
		{Key: "footer.site_code", Value: b.SiteCode},
		{Value: b.ICP, URL: b.ICPURL},
		{Value: b.PoliceRecord, URL: b.PoliceRecordURL},
	}
	var set []footerFact
	for _, f := range all {
		if f.Value != "" {
			set = append(set, f)
		}
	}
	return set
}

// inLang picks the English form for English readers when there is one.
func inLang(lang, zh, en string) string {
	if lang == English && en != "" {
		return en
	}
	return zh
}
