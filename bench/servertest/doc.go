// Package servertest tests the built server: its tests start it as a process and use it over
// its sockets. There are measurements (build tag figures) and an endurance test (build tag
// soak). `make figures` and `make soak` run them.
//
// The load generator's own tests are next to its code. Those against a faulty server are in
// bench/accounting_test.go.
package servertest
