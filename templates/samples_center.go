package templates

import "time"

func centerSamples() []sample {
	at := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	head := CenterRepresentative{
		LegalType: "enterprise", Status: "active", Phone: "138****0001", RepName: "张*",
		RepID: Document{Type: "resident_id", Number: "220***********0013", From: "2016-03-01", To: "2036-03-01"},
	}
	operator := head
	operator.LegalType, operator.Status, operator.Expired, operator.RepID.To = "individual_business", "restricted", true, "2026-03-01"
	enterprise := CenterEnterprise{
		Account: "jlshili01", Phone: "138****0001", Name: "示例软件有限公司", USCC: "91220102MA0TE5T169", Status: "active",
		Level: 2, Since: at, AsOf: "2026-08-01", Notice: "representative_changed",
	}
	plain := enterprise
	plain.Notice = ""
	change := CenterChange{
		USCC: "91220102MA0TE5T169", LegalType: "enterprise", Name: "示例软件有限公司",
		RepName: "赵六", RepID: Document{Type: "resident_id", Number: "220582200412311286", Term: "20", From: "2016-03-01", To: "2036-03-01"},
	}
	refused := change
	refused.Form = Form{Refusals: []Refusal{
		{Field: "uscc", Code: "register_ended", AsOf: "2026-08-01"},
		{Field: "legal_type", Code: "register_mismatch_type", AsOf: "2026-08-01"},
		{Field: "name", Code: "register_mismatch_name", AsOf: "2026-08-01"},
		{Code: "register_mismatch_person", AsOf: "2026-08-01", Way: Way{Key: "appeal", URL: "/appeal"}},
	}}
	return []sample{
		{"center-enterprise", enterprise},
		{"center-enterprise-plain", plain},
		{"center-representative", head},
		{"center-representative-operator", operator},
		{"center-extension", CenterExtension{
			Address: "吉林省长春市示例大街1号", Capital: "500万元人民币", Founded: "2016-03-01", Scope: "软件开发；信息系统集成服务；信息技术咨询服务。",
			Industry: "I65 软件和信息技术服务业", Approved: "2026-03-02", Authority: "长春市市场监督管理局", Status: "operating",
			AsOf: "2026-08-01", Source: "local", Simulated: true,
		}},
		{"center-extension-unknown", CenterExtension{Problem: "register_unknown"}},
		{"center-extension-unavailable", CenterExtension{Problem: "register_unavailable"}},
		{"center-password", CenterPassword{Account: "jlshili01", Form: Form{Refusals: []Refusal{
			{Field: "old_password", Code: "password_wrong"}, {Field: "password", Code: "password_personal"},
		}}}},
		{"center-phone", CenterPhone{Form: Form{Case: "k5"}, Step: 1, Current: "138****0001", Account: "jlshili01"}},
		{"center-phone-2", CenterPhone{Form: Form{Case: "k5"}, Step: 2, Current: "138****0001", Phone: "13800000012", Captcha: sampleCaptcha()}},
		{"center-change", change},
		{"center-change-refused", refused},
		{"center-portals", CenterPortals{Revoked: true, Portals: []PortalAccess{
			{ClientID: "hrss-hall", Name: "示例智慧人社网上办事大厅", Scopes: []string{"openid", "enterprise"}, Since: at, Used: at.Add(time.Hour), Offline: true},
		}}},
		{"center-portals-none", CenterPortals{}},
		{"center-activity", sampleActivity(at)},
		{"center-activity-none", CenterActivity{From: "2026-08-18", To: "2026-08-17", Chosen: true, Form: Form{
			Refusals: []Refusal{{Field: "to", Code: "date_order"}},
		}}},
		{"face-consent-change", FaceConsent{
			Form: Form{Case: "k7"}, Action: "/face/consent", Act: "enterprise-change", Subject: "示例软件有限公司", Person: "赵*",
			LegalType: "enterprise", Back: "/center/change?from=k7",
		}},
		{"face-phone-change", FacePhone{
			Action: "/face/phone/t1", Act: "enterprise-change", Subject: "示例软件有限公司", Person: "赵*", Address: "203.0.113.7",
			UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0.0.0", At: at, Numbers: []string{"17", "42", "85"},
		}},
	}
}

func sampleActivity(at time.Time) CenterActivity {
	return CenterActivity{
		Agents: []ActivityChoice{
			{ID: "own", Own: true}, {ID: "m1", Name: "李四", From: "2026-01-01", Until: "2035-12-31", Chosen: true}, {ID: "m3", Name: "张三", From: "2026-01-01"},
		},
		Portals: []ActivityChoice{{ID: "hrss-hall", Name: "示例智慧人社网上办事大厅"}}, From: "2026-08-01", Chosen: true,
		Rows: []ActivityRow{
			{Kind: "sign_in", At: at, Portal: "示例智慧人社网上办事大厅", Agent: "李四", Address: "/center/agents/m1", Alive: true},
			{Kind: "sign_in", At: at.Add(-time.Hour), Portal: "示例医疗保障网上大厅", Own: true},
			{Kind: "mandate", At: at.Add(-2 * time.Hour), Agent: "李四", Address: "/center/agents/m1", Action: "renewed", By: "enterprise"},
			{Kind: "mandate", At: at.Add(-3 * time.Hour), Address: "/center/agents/m2", Action: "accepted", By: "person"},
		},
		Export: "/center/activity/export?agent=m1", Next: "/center/activity?before=1", First: "/center/activity?agent=m1",
	}
}
