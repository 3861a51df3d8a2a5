package accounts

// PasswordContext placeholder
type PasswordContext struct {
	Account, Phone, USCC, Document string
	Names                          []string
}

func CheckPassword(password string, about PasswordContext) error { return nil }
