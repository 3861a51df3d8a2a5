package templates

import "time"

func agentSamples() []sample {
	page := AgentPage{Company: "吉林省示例软件有限公司", Person: "*四", Manager: true}
	own := page
	own.Own, own.Manager = true, false
	id := Document{Type: "resident_id", Number: "220***********2324", From: "2016-03-01", To: "2036-03-01"}
	row := AgentRow{
		ID: "m1", Name: "李四", DocType: "resident_id", DocNumber: "220***********2324", Phone: "138****0002", From: "2021-03-04", Until: "2021-03-31",
		DocFrom: "2016-03-01", State: "expired", Open: true, Suspendable: true, Address: "/center/agents/m1", AsRepresented: "agent",
	}
	asked := row
	asked.ID, asked.Name, asked.State, asked.Until, asked.Manager, asked.Own = "m2", "孙七", "active", "2035-12-31", true, true
	asked.Services, asked.DocTo, asked.ConfirmBy, asked.Resumable = []string{"示例智慧人社网上办事大厅", "示例医疗保障网上大厅"}, "2036-03-01", "2026-12-31", true
	head := AgentRow{
		ID: "m3", Name: "张三", DocType: "resident_id", DocNumber: "220***********0013", Phone: "138****0001", From: "2026-01-01",
		State: "active", Open: true, Standing: true, Suspendable: true, Address: "/center/agents/m3", AsRepresented: "legal_representative",
	}
	wish := row
	wish.Asked, wish.State, wish.Suspendable = true, "requested", false
	services := []ServiceChoice{{ID: "hrss-hall", Name: "示例智慧人社网上办事大厅", Chosen: true}, {ID: "medical-hall", Name: "示例医疗保障网上大厅"}}
	draft := &AgentDraft{DocType: "resident_id", Manager: "0", Services: services}
	typed := &AgentDraft{
		Name: "孙七", DocType: "resident_id", DocNumber: "22010619950518004X", DocFrom: "2016-03-01", DocTo: "2036-03-01", Phone: "13800000004",
		From: "2026-12-01", Until: "2026-01-01", Manager: "1", Services: services,
	}
	history := []MandateDeed{
		{Action: "renewed", By: "enterprise", At: time.Date(2026, 8, 17, 6, 5, 9, 0, time.UTC), From: "2026-01-01", Until: "2035-12-31", Manager: true},
		{Action: "granted", By: "agent", At: time.Date(2026, 1, 1, 6, 5, 9, 0, time.UTC), From: "2026-01-01", Services: []string{"示例医疗保障网上大厅"}},
	}
	center := func(a Agents) CenterAgents { a.Base = "/center/agents"; return CenterAgents{a} }
	return []sample{
		{"center-agents", center(Agents{Rows: []AgentRow{row, asked, head, {ID: "m9", From: "2026-01-01", Until: "2026-12-31", State: "revoked", Address: "/center/agents/m9"}}, Next: "/center/agents?before=1", First: "/center/agents"})},
		{"center-agents-none", center(Agents{})},
		{"center-agents-new", center(Agents{Draft: draft, Form: Form{Case: "k1"}})},
		{"center-agents-refused", center(Agents{Draft: typed, Form: Form{Case: "k1", Refusals: []Refusal{
			{Field: "valid_until", Code: "date_order"}, {Field: "services", Code: "beyond_own"}, {Field: "id_number", Code: "agent_exists"},
		}}})},
		{"center-agents-one", center(Agents{One: &asked, Draft: typed, History: history, Notice: "changed", Letter: "/center/agents/m2/letter", Activity: "/center/activity?agent=m2"})},
		{"center-agents-invited", center(Agents{One: &row, Draft: draft, Invite: "https://id.example.cn/invite/m1", InviteQR: "/center/agents/m1/qr", Notice: "invited"})},
		{"center-agents-requested", center(Agents{One: &wish, Draft: draft})},
		{"center-agents-approve", center(Agents{Draft: &AgentDraft{Asked: "孙七", Manager: "0", Services: services}})},
		{"center-agents-representative", center(Agents{One: &head, Draft: draft, Notice: "added"})},
		{"agent-agents", AgentAgents{Agents{AgentPage: page, Base: "/agent/agents", Rows: []AgentRow{row}}}},
		{"agent-account", AgentAccount{
			AgentPage: page, ID: id, Phone: "138****0002", ValidFrom: "2026-01-01", ValidUntil: "2035-12-31", Role: "agent", Notice: "password_changed",
		}},
		{"agent-account-own", AgentAccount{
			AgentPage: own, ID: id, Phone: "138****0002", ValidFrom: "2026-01-01", ValidUntil: "2026-12-31", Role: "agent",
			Services: []string{"示例智慧人社网上办事大厅", "示例医疗保障网上大厅"},
		}},
		{"agent-account-representative", AgentAccount{
			AgentPage: page, ID: Document{Type: "resident_id", Number: "220***********0013", From: "2016-03-01"}, Phone: "138****0001",
			ValidFrom: "2026-01-01", Role: "legal_representative",
		}},
		{"agent-enterprise", AgentEnterprise{AgentPage: page, USCC: "91220102MA0TE5T169", LegalType: "enterprise", Status: "active"}},
		{"agent-password", AgentPassword{AgentPage: page, Account: "13800000002"}},
		{"agent-password-preset", AgentPassword{AgentPage: own, Account: "13800000002", Preset: true, Form: Form{
			Flow: "f1", Refusals: []Refusal{{Field: "password", Code: "password_same"}},
		}}},
		{"center-import", CenterImport{Import{Base: "/center/agents", Most: 1000, MiB: 1, Form: Form{Case: "k1"}}}},
		{"center-import-refused", CenterImport{Import{Base: "/center/agents", Most: 1000, MiB: 1, Form: Form{Case: "k1", Refusals: []Refusal{
			{Field: "file", Code: "sheet_columns_missing", Args: []any{"证件号码、手机号码"}},
		}}}}},
		{"center-import-dry", CenterImport{sampleImport(false, false)}},
		{"center-import-running", CenterImport{sampleImport(true, false)}},
		{"center-import-over", CenterImport{sampleImport(true, true)}},
		{"agent-import", AgentImport{Import{AgentPage: page, Base: "/agent/agents", Most: 1000, MiB: 1, Form: Form{Case: "k1"}}}},
		{"letter", sampleLetter()},
		{"verify", Verify{}},
		{"verify-good", Verify{Letter: sampleVerified(true)}},
		{"verify-ended", Verify{Letter: sampleVerified(false)}},
		{"verify-refused", Verify{Code: "0000-0000", Form: Form{Refusals: []Refusal{{Field: "code", Code: "letter_typo"}}}}},
		{"verify-foreign", Verify{Code: "0000-0000", Form: Form{Refusals: []Refusal{{Field: "code", Code: "letter_foreign"}}}}},
		{"agent-phone", AgentPhone{AgentPage: page, Form: Form{Case: "k5"}, Step: 1, Current: "138****0002", Account: "13800000002"}},
		{"agent-phone-2", AgentPhone{
			AgentPage: page, Form: Form{Case: "k5"}, Step: 2, Current: "138****0002", Phone: "13800000012", Captcha: sampleCaptcha(),
		}},
		{"agent-phone-own", AgentPhone{AgentPage: own, Current: "138****0002"}},
		{"agent-sessions", AgentSessions{AgentPage: page, Account: "吉林省示例软件有限公司 · *四", Sessions: sampleSignIns()}},
	}
}

func sampleLetter() Letter {
	return Letter{
		Company: "吉林省示例软件有限公司", USCC: "91220102MA0TE5T169", Agent: "李四", DocType: "resident_id", DocNumber: "220***********2324",
		Role: "agent", From: "2026-01-01", Until: "2035-12-31", Manager: true, Services: []string{"示例智慧人社网上办事大厅", "示例医疗保障网上大厅"},
		Evidence: "5f0b9c1e-3f7a-4d52-8a11-0c4d9f6f2a37", Issued: time.Date(2026, 8, 17, 6, 5, 0, 0, time.UTC),
		Code: "BW5S-R7HZ-F96N-4M00-9QX5-2E3V-K8PA-T0C4", QR: "/agent/letter/qr?code=BW5S", Verify: "https://id.example.cn/verify", Back: "/agent/account",
	}
}

func sampleVerified(good bool) *VerifiedLetter {
	v := &VerifiedLetter{
		Company: "吉林省示例软件有限公司", USCC: "91220102MA0TE5T169", Agent: "*四", Role: "agent", From: "2026-01-01", Until: "2035-12-31",
		Issued: time.Date(2026, 8, 17, 6, 5, 0, 0, time.UTC), InForce: good, State: "active", Changed: !good,
	}
	if !good {
		v.State, v.Services = "revoked", []string{"示例医疗保障网上大厅"}
	}
	return v
}

func sampleImport(running, over bool) Import {
	i := Import{
		Base: "/center/agents", Most: 1000, MiB: 1, Form: Form{Case: "k1"}, Granted: 1, Invited: 1, Refused: 2, Running: running, Over: over,
		Again: "/center/agents/import?case=k1&again=1",
		Rows: []ImportRow{
			{Line: 2, Name: "李四", Action: "granted"},
			{Line: 3, Name: "孙七", Action: "invited"},
			{Line: 4, Name: "周八", Refusals: []Refusal{{Field: "id_number", Code: "id_check"}, {Field: "valid_until", Code: "date_order"}}},
			{Line: 5, Name: "吴九", Refusals: []Refusal{{Code: "sheet_formula"}}},
		},
	}
	if running {
		i.Done = 2
	}
	return i
}
