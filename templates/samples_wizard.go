package templates

import "time"

func sampleCaptcha() Captcha {
	return Captcha{ID: "c1", Image: "/captcha/c1.png", Audio: "/captcha/c1.wav", Again: "/captcha/c1.png?again="}
}

func sampleSent() SMS { return SMS{Sent: true, To: "138****0007", Again: 52, Minutes: 5} }

func registerSamples() []sample {
	document := Document{Type: "resident_id", Number: "220104198806150023", Term: "20", From: "2016-03-01", To: "2036-03-01"}
	typed := RegisterEnterprise{
		Account: "jlceshi2026", LegalType: "enterprise", Name: "示例测试贸易有限公司", USCC: "91220106MA54728040",
		RepName: "钱一", RepID: document, Phone: "13800000007", Agreed: true, Login: "/login/enterprise?flow=f1",
	}
	sent, refused := typed, typed
	sent.Form, sent.SMS = Form{Flow: "f1", Case: "k1"}, sampleSent()
	refused.LegalType, refused.Captcha = "individual_business", sampleCaptcha()
	refused.Form = Form{Flow: "f1", Case: "k1", Refusals: []Refusal{
		{Field: "account", Code: "login_name_taken"},
		{Field: "uscc", Code: "uscc_check"},
		{Field: "name", Code: "register_mismatch_name", Way: Way{Key: "appeal", URL: "/appeal/register"}},
		{Field: "rep_id_to", Code: "doc_expired"},
		{Field: "sms_code", Code: "sms_not_sent"},
		{Field: "password", Code: "password_short"},
		{Field: "agree", Code: "agree_required"},
	}}
	return []sample{
		{"register-enterprise", RegisterEnterprise{Form: Form{Case: "k1"}, Captcha: sampleCaptcha(), Login: "/login/enterprise"}},
		{"register-enterprise-sent", sent},
		{"register-enterprise-refused", refused},
		{"register-person", RegisterPerson{
			Form: Form{Flow: "f1", Case: "k2"}, Name: "阿依古丽·买买提", ID: document, Phone: "13800000008", SMS: sampleSent(), Login: "/login/person",
		}},
		{"register-person-refused", RegisterPerson{
			Form: Form{Case: "k2", Refusals: []Refusal{
				{Field: "name", Code: "required"},
				{Field: "id_number", Code: "id_check"},
				{Field: "id_term", Code: "term_mismatch"},
				{Field: "captcha", Code: "captcha_wrong"},
				{Field: "phone", Code: "phone_invalid"},
			}}, ID: Document{Type: "resident_id", Number: "220102199003070010", Term: "10", From: "2016-03-01", To: "2036-03-01"},
			Phone: "1380000", Captcha: sampleCaptcha(),
		}},
		{"register-done", RegisterDone{
			Type: "enterprise", State: "active", Name: "示例测试贸易有限公司", Account: "jlceshi2026", USCC: "91220106MA54728040",
			Phone: "138****0007", AsOf: "2026-08-16", Next: "/login/enterprise?flow=f1",
		}},
		{"register-done-waiting", RegisterDone{
			Type: "enterprise", State: "waiting", Name: "示例新设科技有限公司", Account: "jlxinshe01", USCC: "91220106MA8656350H",
			Phone: "138****0009", Next: "/login/enterprise",
		}},
		{"register-done-person", RegisterDone{Type: "person", State: "active", Name: "李四", Phone: "138****0002", Next: "/login/person"}},
	}
}

func faceSamples() []sample {
	at := time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC)
	running := Face{
		Form: Form{Flow: "f1", Case: "k1"}, Self: "/face?case=k1", Act: "register-enterprise", Subject: "示例测试贸易有限公司",
		Person: "钱*", LegalType: "enterprise", State: "waiting", Ticket: "t1", QRImage: "/face/qr/t1.png", Match: "42",
		PhoneURL: "/face/phone/t1", StateURL: "/face/state?case=k1", SecondsLeft: 287,
	}
	state := func(state, reason string) Face {
		f := running
		f.State, f.Reason = state, reason
		return f
	}
	failed := state("failed", "liveness")
	failed.Others = []Way{{Key: "appeal", URL: "/appeal/register"}}
	mismatch := state("passed", "")
	mismatch.Refusals = []Refusal{{Code: "register_mismatch_person", Way: Way{Key: "appeal", URL: "/appeal/register"}}}
	mismatch.Refused = true
	browser := "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"
	phone := FacePhone{
		Action: "/face/phone/t1", Act: "register-enterprise", Subject: "示例测试贸易有限公司", Person: "钱*", LegalType: "enterprise",
		Address: "203.0.113.7", Place: "长春市", Site: "人社网上办事大厅", UserAgent: browser, At: at, Numbers: []string{"17", "42", "86"},
	}
	return []sample{
		{"face-consent", FaceConsent{
			Form: Form{Flow: "f1", Case: "k1"}, Action: "/face/consent", Act: "register-enterprise", Subject: "示例测试贸易有限公司",
			Person: "钱*", LegalType: "enterprise", Others: []Way{{Key: "appeal", URL: "/appeal/register"}}, Back: "/register/enterprise?case=k1",
		}},
		{"face-consent-refused", FaceConsent{
			Form:   Form{Case: "k2", Refusals: []Refusal{{Field: "face_consent", Code: "face_consent_required"}}},
			Action: "/face/consent", Act: "recover-person", Person: "李*",
		}},
		{"face", running},
		{"face-opened", state("opened", "")},
		{"face-failed", failed},
		{"face-expired", state("expired", "")},
		{"face-passed", state("passed", "")},
		{"face-mismatch", mismatch},
		{"face-phone", phone},
		{"face-phone-done", FacePhoneDone{Outcome: "finished", Act: "register-enterprise", Next: "/face?case=k1"}},
		{"face-phone-wrong", FacePhoneDone{Outcome: "wrong_number", Act: "register-enterprise"}},
		{"face-phone-refused", FacePhoneDone{Outcome: "refused"}},
		{"simulator-face", FaceSimulator{Action: "/simulator/face/t1", Ticket: "t1", Name: "钱*", Number: "220***********0023", State: "waiting"}},
		{"simulator-face-done", FaceSimulator{
			Action: "/simulator/face/t1", Ticket: "t1", Name: "钱*", Number: "220***********0023", State: "passed", Next: "/face/phone/t1/done",
		}},
	}
}

func recoverSamples() []sample {
	form := Form{Flow: "f1", Case: "k3"}
	return []sample{
		{"recover-1", Recover1{Form: form, Kind: KindEnterprise, Captcha: sampleCaptcha(), Other: "/recover/person"}},
		{"recover-1-refused", Recover1{
			Form: Form{Case: "k3", Refusals: []Refusal{{Code: "account_unknown"}}}, Kind: KindEnterprise,
			Account: "jlshili01", Name: "张三", DocNumber: "220102199003070013", Captcha: sampleCaptcha(),
		}},
		{"recover-1-person", Recover1{Form: form, Kind: KindPerson, Captcha: sampleCaptcha(), Other: "/recover"}},
		{"recover-2", Recover2{Form: form, Kind: KindEnterprise, Phone: "138****0001", Face: true}},
		{"recover-2-sent", Recover2{
			Form: Form{Case: "k3", Refusals: []Refusal{{Field: "sms_code", Code: "sms_wrong"}}}, Kind: KindPerson, Phone: "138****0001",
			SMS: SMS{Sent: true, To: "138****0001", Again: 41, Minutes: 5, Maybe: true}, Face: true, Appeal: "/appeal",
		}},
		{"recover-3", Recover3{Form: form, Kind: KindEnterprise, Account: "jlshili01"}},
		{"recover-3-refused", Recover3{
			Form: Form{Case: "k3", Refusals: []Refusal{{Field: "password", Code: "password_common"}, {Field: "password_confirm", Code: "password_mismatch"}}},
			Kind: KindPerson,
		}},
		{"recover-done", RecoverDone{Kind: KindEnterprise, Next: "/login/enterprise?flow=f1"}},
	}
}

func activateSamples() []sample {
	const mian = "示例面馆"
	form := Form{Flow: "f1", Case: "k4"}
	return []sample{
		{"activate-1", Activate1{
			Form: form, LegalType: "individual_business", Name: mian, USCC: "92220104MA84KX2E1M", RepName: "王五", Captcha: sampleCaptcha(),
			RepID: Document{Type: "resident_id", Number: "220202197602290153", Term: "long", From: "2022-03-01"},
		}},
		{"activate-2", Activate2{Form: form, Enterprise: mian, OnRecord: "138****0003", Captcha: sampleCaptcha(), Appeal: "/appeal/change"}},
		{"activate-2-sent", Activate2{Form: form, Enterprise: mian, Phone: "13800000007", SMS: sampleSent()}},
		{"activate-3", Activate3{Form: form, Enterprise: mian, Account: "cc_mianguan"}},
		{"activate-4", Activate4{Enterprise: mian, Account: "cc_mianguan", Next: "/login/enterprise?flow=f1"}},
	}
}

func agreementSamples() []sample {
	var all []sample
	for _, document := range Agreements() {
		all = append(all, sample{"agreement-" + document, Agreement{Document: document}})
	}
	return all
}
