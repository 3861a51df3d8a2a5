// Package provider is the OpenID Provider: it ties protocol, pages and stores
// together and mounts every route in one list (routes.go).
package provider
