// Package oauth is the protocol edge, and the only package that imports fosite.
// fosite is used as a grant state machine: it walks authorization_code (with
// PKCE and OpenID Connect), refresh_token and client_credentials; requests,
// client authentication, errors, tokens and answers are ours.
//
//	specification                                      file                            test
//	RFC 6749 §3.1, §4.1.1, OIDC Core §3.1.2            authorize.go                    authorize_test.go
//	the same: what a request must be                   authorize_request.go            authorize_request_test.go, authorize_test.go
//	OIDC Core §3.1.2.3–4 (who must sign in, consent)   authorize_decide.go             authorize_test.go
//	RFC 6749 §4.1.2, OIDC Core §3.1.2.5–6, RFC 9207    authorize_response.go           authorize_test.go
//	RFC 6749 §2.3                                      client_auth.go                  endpoints_test.go, discovery_test.go
//	RFC 6749 §3.2, §4.1.3, §4.4, §5                    token.go                        code_test.go, endpoints_test.go
//	RFC 6749 §6, RFC 9700 §4.14.2                      refresh.go                      refresh_test.go
//	RFC 6749 §5.2, §4.1.2.1                            error.go                        authorize_test.go, endpoints_test.go
//	RFC 6750                                           bearer.go                       endpoints_test.go
//	RFC 6750 §3, for our own APIs                      service_call.go                 service_call_test.go
//	RFC 7009                                           revocation.go                   endpoints_test.go
//	RFC 7523 §2.2, §3                                  assertion.go, keyset_fetch.go   assertion_test.go
//	RFC 7636                                           pkce.go                         pkce_test.go
//	RFC 7662                                           introspection.go, check.go      endpoints_test.go
//	RFC 8414, OIDC Discovery                           discovery.go                    discovery_test.go, endpoints_test.go
//	RFC 9068                                           jwt_access_token.go             endpoints_test.go
//	OIDC Core §2, §3.1.3.6                             id_token.go                     code_test.go, client_members_test.go
//	OIDC Core §5.1, §5.4                               claims.go, scope.go             code_test.go, client_members_test.go
//	OIDC Core §5.5                                     claims_request.go               authorize_test.go
//	OIDC Identity Assurance §5–6, Authority claims     claims_verified.go              claims_verified_test.go
//	OIDC Core §5.3                                     userinfo.go                     endpoints_test.go
//	OIDC RP-Initiated Logout                           logout.go                       logout_test.go
//	Fetch §3.2 (CORS)                                  cors.go                         endpoints_test.go, client_members_test.go
//	what a client's record asks for                    ../client/client.go             client_members_test.go
//	our own codes and tokens                           opaque.go                       opaque_test.go
//	fosite's storage, strategies and session           fosite_*.go                     code_test.go, refresh_test.go
package oauth
