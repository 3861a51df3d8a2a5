// Package guard stands before every handler: it names the request (trace id),
// finds out where it came from, sets the security headers, bounds and reads
// forms, tells other sites' posts apart, writes the access log and the metrics,
// and turns a panic into a fault.
//
// What it learns of a request is read with TraceID and Address; identity is not
// among it: who is signed in is an argument of the handlers that need it.
package guard
