// Package flowtest tests tongid from end to end: it builds the real binaries,
// runs them as processes on loopback addresses, and goes through them as people,
// portals and operators do, over HTTP and in a real browser. It holds nothing but
// tests.
//
// What each test runs on is in backend_test.go: SQLite in one process, and two
// replicas behind a proxy on Postgres with one Redis and with a Redis Cluster.
// Portals listen on 127.0.0.2, so that for browsers they are another site than
// the issuer on 127.0.0.1 and cookies behave as they will between two domains.
//
// Whatever a test does, at the end the logs of every process are read: they must
// hold no secret that went over the wire, no personal data, and no error that no
// test provoked (audit_test.go).
package flowtest
