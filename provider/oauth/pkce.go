package oauth

import (
	"crypto/sha256"
	"encoding/base64"
)

// methodS256 is the only code_challenge_method there is here (RFC 7636 §4.2).
const methodS256 = "S256"

// checkChallenge validates the PKCE parameters of an authorization request.
// Without a method the challenge would be "plain", which is not offered.
func checkChallenge(challenge, method string, required bool) error {
	switch {
	case challenge == "" && method != "":
		return refuse(codeInvalidRequest, "code_challenge_method without code_challenge")
	case challenge == "" && required:
		return refuse(codeInvalidRequest, "code_challenge is required, with code_challenge_method S256")
	case challenge == "":
		return nil
	case method != methodS256:
		return refuse(codeInvalidRequest, "code_challenge_method must be S256")
	}
	// The length of the text as well: the decoder passes over line breaks.
	raw, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil || len(raw) != sha256.Size || len(challenge) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return refuse(codeInvalidRequest, "code_challenge must be the base64url of a SHA-256")
	}
	return nil
}
