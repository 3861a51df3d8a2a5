package templates

// Consent asks the person before a portal learns about the account: /consent,
// buttons action=allow and action=deny.
type Consent struct {
	Form

	Client  string   // name of the portal
	Host    string   // where the answer goes: the host of its redirect URI
	Account string   // name of the account
	Scopes  []string // what it asks, in words from the catalogue (scope.<name>)
	Policy  string   // address of the portal's privacy policy, if it gave one
	Terms   string
}

func (Consent) name() string { return "consent" }
