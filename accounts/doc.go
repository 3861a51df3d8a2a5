// Package accounts holds the rules of tongid: who has an account, who may sign
// in with it, and what is true of it now. It knows no HTTP, no SQL, no OAuth and
// no sentence shown to a person; it answers with codes.
//
// Stores are interfaces declared here, by need, and implemented in storage.
package accounts
