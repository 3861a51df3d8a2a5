package templates

import "time"

func meSamples() []sample {
	at := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	account := MeAccount{
		Name: "李四", ID: Document{Type: "resident_id", Number: "220***********2324", From: "2016-03-01", To: "2036-03-01"},
		Phone: "138****0002", Level: 4, Provider: "aliyun", Proved: at.Add(-time.Hour), Simulated: true, Since: at, Notice: "phone_changed",
	}
	closing := account
	closing.ID.To, closing.Expired, closing.Closing, closing.Notice = "2026-03-01", true, at.AddDate(0, 0, 15), ""
	return []sample{
		{"me-account", account},
		{"me-account-closing", closing},
		{"me-mandates", MeMandates{Mandates: []MandateRow{
			{ID: "m1", Enterprise: "示例软件有限公司", USCC: "91220102MA0TE5T169", From: "2026-01-01", To: "2026-12-31", Manager: true, State: "active"},
			{
				ID: "m2", Enterprise: "示例建筑有限公司", USCC: "91220000MA17AB3K2C", From: "2021-03-04", To: "2021-03-31",
				Services: []string{"示例智慧人社网上办事大厅", "示例医疗保障网上大厅"}, State: "expired",
			},
			{ID: "m3", Enterprise: "示例面馆", USCC: "92220104MA84KX2E1M", From: "2026-09-01", To: "2027-08-31", State: "pending"},
		}}},
		{"me-mandate", MeMandate{
			MandateRow: MandateRow{ID: "m1", Enterprise: "示例软件有限公司", USCC: "91220102MA0TE5T169", From: "2026-01-01", To: "2026-12-31", Manager: true, State: "active"},
			Role:       "agent", Open: true, History: []MandateDeed{{Action: "granted", By: "enterprise", At: at, From: "2026-01-01", Until: "2026-12-31"}},
		}},
		{"me-mandate-left", MeMandate{
			MandateRow: MandateRow{ID: "m1", Enterprise: "示例软件有限公司", USCC: "91220102MA0TE5T169", From: "2026-01-01", State: "revoked", Services: []string{"示例医疗保障网上大厅"}},
			Role:       "legal_representative", Left: true,
		}},
		{"me-mandates-none", MeMandates{}},
		{"me-mandates-offered", MeMandates{
			Notice: "represent", Usable: true, USCC: "91220102MA0TE5T169",
			Form:    Form{Refusals: []Refusal{{Field: "uscc", Code: "not_representative"}}},
			Offered: []MandateRow{{ID: "m4", Enterprise: "示例软件有限公司", USCC: "91220102MA0TE5T169", From: "2026-09-01", To: "2027-08-31", State: "invited"}},
			Mandates: []MandateRow{
				{ID: "m5", Enterprise: "示例面馆", USCC: "92220104MA84KX2E1M", From: "2026-09-01", Manager: true, State: "active"},
				{ID: "m6", Enterprise: "示例建筑有限公司", USCC: "91220000MA17AB3K2C", From: "2026-09-01", To: "2027-08-31", State: "unconfirmed"},
			},
		}},
		{"me-mandates-accepted", MeMandates{Notice: "accept"}},
		{"me-mandates-requested", MeMandates{Notice: "request", Enterprise: "jlshili01", From: "2026-12-01", Until: "2027-11-30"}},
		{"me-mandates-declined", MeMandates{Notice: "decline"}},
		{"invite", Invite{Enterprise: "示例软件有限公司", Person: "*七", Login: "/login/person", Register: "/register/person"}},
		{"invite-over", Invite{}},
		{"me-password", MePassword{Account: "13800000002", Form: Form{Refusals: []Refusal{
			{Field: "old_password", Code: "password_wrong"}, {Field: "password", Code: "password_same"},
		}}}},
		{"me-phone", MePhone{Form: Form{Case: "k5"}, Step: 1, Current: "138****0002", Account: "13800000002"}},
		{"me-phone-2", MePhone{Form: Form{Case: "k5"}, Step: 2, Current: "138****0002", Phone: "13800000012", Captcha: sampleCaptcha()}},
		{"me-phone-sent", MePhone{
			Form: Form{Case: "k5", Refusals: []Refusal{{Field: "phone", Code: "phone_in_use"}}}, Step: 2,
			Current: "138****0002", Phone: "13800000012", SMS: SMS{Sent: true, To: "138****0012", Minutes: 5},
		}},
		{"me-sessions", MeSessions{Account: "李四", Sessions: sampleSignIns()}},
		{"me-portals", MePortals{Revoked: true, Portals: []PortalAccess{
			{
				ClientID: "hrss-hall", Name: "示例智慧人社网上办事大厅", Scopes: []string{"openid", "profile", "phone", "offline_access"},
				Since: at, Used: at.Add(time.Hour), Offline: true,
			},
			{ClientID: "demo-spa", Name: "示例企业服务应用", Scopes: []string{"openid", "profile"}, Since: at},
		}}},
		{"me-portals-none", MePortals{}},
		{"me-close", MeClose{Account: "13800000002", Days: 15, Mandates: 2}},
		{"me-close-refused", MeClose{Days: 15, Form: Form{Refusals: []Refusal{
			{Field: "password", Code: "password_wrong"}, {Field: "confirm", Code: "confirm_required"},
		}}}},
		{"me-close-closing", MeClose{Days: 15, Closing: at.AddDate(0, 0, 15)}},
	}
}
