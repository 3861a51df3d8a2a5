package interaction

// PurposeLogout is the purpose of a Challenge whose Data is a LogoutRequest.
const PurposeLogout = "logout"

// PathLogout is the page that asks before it signs out.
const PathLogout = "/logout"

// PathLoggedOut is the page that says so.
const PathLoggedOut = "/logged-out"

// LogoutRequest is an RP-initiated logout (OpenID Connect RP-Initiated Logout
// 1.0 §2) that waits for the person's word on the logout page. provider/oauth
// has validated it and stores it; provider/pages acts on it.
type LogoutRequest struct {
	ClientID   string `json:"client_id,omitempty"`
	ClientName string `json:"client_name,omitempty"`
	// ReturnTo is where the browser goes after it: the registered
	// post_logout_redirect_uri with its state, or empty for our own page.
	ReturnTo string `json:"return_to,omitempty"`
}
