// Package bare is a client that does only as much as it takes to measure a room. One thread opens the
// connections, sends the messages and reads: one epoll_wait, one read per event, one reading of the
// clock per read.
//
// The package is the reference for the other packages of the load generator. If they show a latency
// that this client does not show, they have added it themselves. bench/README.md says how to
// compare.
//
// The client checks nothing. It trusts the server to answer each upgrade with 101, to lose nothing,
// and to send frames of less than 64 KiB. It answers no pings, so a run must be shorter than the time
// after which the server closes a silent connection. It supports neither TLS nor IPv6.
package bare
