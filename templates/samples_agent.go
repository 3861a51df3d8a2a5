package templates

func agentSamples() []sample {
	page := AgentPage{Company: "吉林省示例软件有限公司", Person: "*四", Manager: true}
	own := page
	own.Own, own.Manager = true, false
	id := Document{Type: "resident_id", Number: "220***********2324", From: "2016-03-01", To: "2036-03-01"}
	return []sample{
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
		{"agent-sessions", AgentSessions{AgentPage: page, Account: "吉林省示例软件有限公司 · *四", Sessions: sampleSignIns()}},
	}
}
