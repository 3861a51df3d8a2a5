// Package idnum reads the numbers and names that identify enterprises: the
// unified social credit code and the login name. It is pure: no clock, no store.
package idnum
