// Package scale runs the benchmarks of scale: rooms and timers with a million members and more, without sockets. They are
// Go benchmarks in the packages that they measure. This package builds these packages' tests, runs each benchmark in a
// process of its own, and keeps the results.
//
// The throughput of two processors is compared with that of two processes of one processor each, which measure at the same
// time. Two processes share no memory and no lock. So if one process with two processors has less throughput, the
// difference is lost in the process, and not in the machine.
package scale
