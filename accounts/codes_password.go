package accounts

// What is wrong with a new password.
const (
	CodePasswordCharacters Code = "password_characters" // holds what nobody can type again
	CodePasswordShort      Code = "password_short"
	CodePasswordLong       Code = "password_long"
	CodePasswordPersonal   Code = "password_personal" // made of what is known of its owner
	CodePasswordCommon     Code = "password_common"   // among the first that are tried
	CodePasswordSimple     Code = "password_simple"   // too few kinds of characters for its length
)
