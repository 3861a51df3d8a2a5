// Command bench measures how much processor time tongid needs per operation,
// beside a floor (deploy/bench/floor) that does only what cannot be left out.
//
//	go run ./deploy/bench [--short] [--ops refresh,login] [--backend postgres] [--profile DIR]
//	go run ./deploy/bench --pairs [--pair-time 5s]
//
// It starts its own stores on free loopback ports in a temporary folder, builds
// and starts both servers, each on stores that only it uses, and drives both
// over HTTP in alternating slices of one run, so that what else the machine does
// meets both alike. Everything is bounded in time and in number of requests, and
// everything that was started is stopped at the end.
//
// Last, or alone with --pairs, it asks what outsiders may ask and compares the
// answers that they must not be able to tell apart, by time and by what reaches
// the stores. Other calls fail the run; times are reported.
//
// What is compared beside the floor is processor time as the operating system
// accounts for it, of the server and of all processes of its stores; never wall
// time. docs/performance.md says how to read the result.
package main
