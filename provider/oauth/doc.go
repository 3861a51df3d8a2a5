// Package oauth is the protocol edge, and the only package that imports fosite.
// fosite is used as a grant state machine: it walks authorization_code (with
// PKCE and OpenID Connect), refresh_token and client_credentials; requests,
// client authentication, errors, tokens and answers are ours.
//
//	specification                             file
//	RFC 6749 §3.1, §4.1.1, OIDC Core §3.1.2   authorize_request.go, authorize_decide.go, authorize.go
//	RFC 6749 §4.1.2, OIDC Core §3.1.2.5–6     authorize_response.go
//	RFC 6749 §2.3                             client_auth.go
//	RFC 6749 §3.2, §4.1.3, §4.4, §5           token.go
//	RFC 6749 §6, RFC 9700 §4.14.2             refresh.go
//	RFC 6749 §5.2, §4.1.2.1                   error.go
//	RFC 6750                                  bearer.go
//	RFC 7009                                  revocation.go
//	RFC 7523 §2.2, §3                         assertion.go
//	RFC 7636                                  pkce.go
//	RFC 7662                                  introspection.go
//	RFC 8414, OIDC Discovery                  discovery.go
//	RFC 9068                                  jwt_access_token.go
//	RFC 9207                                  authorize_response.go
//	OIDC Core §2, §3.1.3.6                    id_token.go
//	OIDC Core §5.1, §5.4                      claims.go
//	OIDC Core §5.5                            claims_request.go
//	OIDC Core §5.3                            userinfo.go
//	OIDC RP-Initiated Logout                  logout.go
//	our own codes and tokens                  opaque.go
//	fosite's storage, strategies and session  fosite_*.go
package oauth
