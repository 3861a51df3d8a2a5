package templates

import (
	"slices"
	"time"
)

// sample is one page with data to show, under a label for tests and screenshots.
type sample struct {
	label string
	page  Page
}

// pages lists every page, each at least once. New parses what stands here, and
// the tests look at all of it.
func pages() []sample {
	return slices.Concat(
		loginSamples(), accountSamples(), registerSamples(), faceSamples(), recoverSamples(), activateSamples(), meSamples(), agentSamples(), centerSamples(),
		agreementSamples(), otherSamples(),
	)
}

func loginSamples() []sample {
	doors := []Door{
		{Key: "person", URL: "/login/person?flow=f1"},
		{Key: "enterprise", URL: "/login/enterprise?flow=f1", Current: true},
		{Key: "agent", URL: "/login/agent?flow=f1"},
	}
	captcha := Captcha{ID: "c1", Image: "/captcha/c1.png", Audio: "/captcha/c1.wav", Again: "/captcha/c1.png?again="}
	return []sample{
		{"login-now", LoginEnterprise{Login: Login{Form: Form{Flow: "f1"}, Doors: doors[1:2], Client: "示例智慧人社网上办事大厅", Captcha: captcha}}},
		{"login-whole", LoginEnterprise{Login: Login{
			Form: Form{Flow: "f1"}, Doors: doors, Captcha: captcha, Client: "示例智慧人社网上办事大厅", Notice: "reauthenticate",
			Links: LoginLinks{
				Appeal: "/appeal", Forgot: "/recover", Activate: "/activate", Register: "/register/enterprise",
				Scan: "/login/scan", National: "/login/national", Licence: "/login/licence", Agent: "/login/agent",
			},
		}}},
		{"login-refused", LoginEnterprise{Login: Login{
			Form: Form{Flow: "f1", Refusals: []Refusal{
				{Field: "password", Code: "required"}, {Field: "captcha", Code: "captcha_wrong"},
			}}, Doors: doors[1:2], Client: "示例智慧人社网上办事大厅", Account: "jlshili01", Captcha: captcha,
		}}},
		{"login-wait", LoginEnterprise{Login: Login{
			Form:  Form{Flow: "f1", Refusals: []Refusal{{Code: "too_many_tries"}}, WaitSeconds: 83},
			Doors: doors[1:2], Account: "91220102MA0TE5T169", Captcha: Captcha{Off: true},
		}}},
		{"login-pending", LoginEnterprise{Login: Login{
			Form:  Form{Refusals: []Refusal{{Code: "pending_activation", Way: Way{Key: "activate", URL: "/activate"}}}},
			Doors: doors[1:2], Account: "92220104MA84KX2E1M", Captcha: captcha,
		}}},
		{"login-person", LoginPerson{Login: Login{
			Form: Form{Flow: "f1"}, Client: "示例智慧人社网上办事大厅", Captcha: captcha,
			Doors: []Door{{Key: "person", URL: "/login/person?flow=f1", Current: true}, {Key: "enterprise", URL: "/login/enterprise?flow=f1"}},
			Links: LoginLinks{Forgot: "/recover/person", Register: "/register/person"},
		}}},
		{"appeal", Appeal{}},
		{"login-agent", LoginAgent{Login: Login{
			Form: Form{Flow: "f1"}, Client: "示例智慧人社网上办事大厅", Captcha: captcha,
			Doors: append(doors[:2:2], Door{Key: "agent", URL: "/login/agent?flow=f1", Current: true}),
			Links: LoginLinks{Forgot: "/recover/person", Register: "/register/person"},
		}}},
		{"login-agent-refused", LoginAgent{Enterprise: "jlshili01", Login: Login{
			Form:    Form{Refusals: []Refusal{{Code: "mandate_expired", Args: []any{"2021-03-31"}}}},
			Account: "13800000006", Captcha: captcha, Doors: []Door{{Key: "agent", URL: "/login/agent", Current: true}},
		}}},
		{"choose", Choose{
			Form: Form{Flow: "f1"}, Client: "示例智慧人社网上办事大厅", Myself: "*四", Current: "m2",
			Mandates: []Choice{
				{ID: "m1", Enterprise: "吉林省示例软件有限公司", USCC: "91220102MA0TE5T169", Until: "2035-12-31", Manager: true},
				{ID: "m2", Enterprise: "吉林省示例建筑有限公司", USCC: "91220000MA17AB3K2C"},
			},
		}},
		{"choose-again", Choose{
			Form:     Form{Refusals: []Refusal{{Field: "mandate", Code: "required"}}},
			Mandates: []Choice{{ID: "m1", Enterprise: "吉林省示例软件有限公司", USCC: "91220102MA0TE5T169", Until: "2035-12-31"}},
		}},
		{"login-person-refused", LoginPerson{Login: Login{
			Form:  Form{Refusals: []Refusal{{Field: "account", Code: "required"}, {Field: "captcha", Code: "required"}}},
			Doors: []Door{{Key: "person", URL: "/login/person", Current: true}}, Captcha: captcha, Notice: "expired",
		}}},
		{"wrong-account", WrongAccount{
			Form: Form{Flow: "f1"}, Action: "/wrong-account", Client: "示例医疗保障网上大厅",
			Account: "示例软件有限公司", Type: "enterprise", Reason: "type", Doors: []Door{doors[0], doors[2]},
		}},
		{"wrong-account-none", WrongAccount{
			Form: Form{Flow: "f1"}, Action: "/wrong-account", Client: "示例医疗保障网上大厅",
			Account: "示例软件有限公司", Type: "enterprise", Reason: "legal_type",
		}},
	}
}

func accountSamples() []sample {
	at := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	return []sample{
		{"consent", Consent{
			Form: Form{Flow: "f1"}, Client: "示例企业服务应用", Host: "localhost:8091", Account: "示例软件有限公司",
			Scopes: []string{"openid", "profile", "phone", "enterprise", "offline_access"},
			Policy: "https://www.example.com/policy", Terms: "https://www.example.com/terms",
		}},
		{"home", Home{
			Account: "示例软件有限公司", Type: "enterprise", Username: "jlshili01", USCC: "91220102MA0TE5T169",
			Status: "active", SignedIn: at, Level: 2, HasCenter: true,
			Portals: []PortalLink{{"示例智慧人社网上办事大厅", "http://localhost:8090/"}, {"示例医疗保障网上大厅", "http://localhost:8092/"}},
		}},
		{"home-plain", Home{Account: "示例软件有限公司", Type: "enterprise", SignedIn: at}},
		{"home-person", Home{
			Account: "李四", Type: "person", SignedIn: at, Level: 2,
			Portals: []PortalLink{{"示例智慧人社网上办事大厅", "http://localhost:8090/"}},
		}},
		{"sessions", Sessions{Account: "示例软件有限公司", Ended: true, Sessions: sampleSignIns()}},
		{"logout", Logout{Account: "示例软件有限公司"}},
		{"logout-asked", Logout{Form: Form{Flow: "f2"}, Client: "示例智慧人社网上办事大厅", Account: "示例软件有限公司"}},
		{"logged-out", LoggedOut{Client: "示例智慧人社网上办事大厅", ReturnTo: "http://localhost:8090/", Login: "/login/enterprise"}},
		{"logged-out-plain", LoggedOut{Login: "/login/enterprise"}},
	}
}

func sampleSignIns() []SignIn {
	at := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	return []SignIn{
		{
			ID: "s1", Current: true, Address: "203.0.113.7", Started: at, Seen: at.Add(9 * time.Minute),
			UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
		},
		{
			ID: "s2", Address: "2001:db8::17:a4ff", Place: "长春市", Started: at.Add(-26 * time.Hour), Seen: at.Add(-3 * time.Hour),
			UserAgent: "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50",
		},
		{ID: "s3", Address: "198.51.100.23", Started: at.Add(-50 * time.Hour), Seen: at.Add(-49 * time.Hour), UserAgent: "curl/8"},
	}
}

func otherSamples() []sample {
	at := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	samples := []sample{
		{"form-post", FormPost{
			Client: "示例智慧人社网上办事大厅", Action: "http://localhost:8090/callback",
			Params: []Param{{"code", "tk_x"}, {"state", `a"b<c>&'d`}, {"iss", "http://localhost:8080"}},
		}},
		{"simulator", Simulator{
			Now: at, Offset: 30 * time.Minute, Captcha: "c1", Answer: "8427",
			Accounts: []DemoAccount{
				{"示例软件有限公司", "jlshili01", "91220102MA0TE5T169", "Tongid-demo-2026", "active"},
				{"示例面馆", "", "92220104MA84KX2E1M", "Tongid-demo-2026", "pending_activation"},
			},
		}},
		{"simulator-looked", Simulator{
			Now: at, Phone: "13800000007", USCC: "91220106MA54728040", Done: "faults",
			Messages: []SimulatedMessage{
				{"13800000007", "【统一身份认证】验证码284713，您正在注册账号，5分钟内有效。请勿向任何人泄露。", "284713", "register", at},
				{"13800000007", "【统一身份认证】您的账号已注册成功，可以登录。如非本人操作，请立即联系平台。", "", "notice", at.Add(-time.Hour)},
			},
			Entry:  &SimulatedEntry{"示例测试贸易有限公司", "enterprise", "operating", "钱一", "220104198806150023"},
			Faults: []SimulatedFault{{"sms", "0", "0"}, {"face", "2000", "0"}, {"registry", "0", "0.5"}},
		}},
		{"simulator-none", Simulator{Now: at, Captcha: "c2"}},
		{"styleguide", Styleguide{
			Form:    Form{Refusals: []Refusal{{Field: "name", Code: "required"}, {Field: "rep_id_term", Code: "required"}, {Field: "sms_code", Code: "captcha_wrong"}, {Field: "agree", Code: "confirm_required"}}},
			Captcha: Captcha{ID: "c1", Image: "/captcha/c1.png", Audio: "/captcha/c1.wav"}, SMS: SMS{Sent: true, To: "138****0007", Again: 60, Minutes: 5},
		}},
		{"error-unknown-code", Problem{Code: "nobody_knows"}},
	}
	for _, code := range ProblemCodes() {
		p := Problem{Code: code}
		switch code {
		case "rate_limited":
			p.WaitSeconds = 60
		case "flow_expired":
			p.Client, p.Back = "示例智慧人社网上办事大厅", "http://localhost:8090/"
		}
		samples = append(samples, sample{"error-" + code, p})
	}
	return samples
}
