// Package servertest holds the tests that build the server, start it as a process of its own
// and drive it over its sockets: figures (build tag figures) and an endurance test (build tag
// soak).
//
// It has no code but tests. `make figures` and `make soak` run them. The tests of the load
// generator itself are beside what they test; those against a server that lies are in
// bench/truth_test.go.
package servertest
