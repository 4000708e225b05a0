// Package observe reads what processes and the machine use: processor time, memory, what
// listens where, what a broker has carried, and the environment of a result.
//
// It reads /proc, the kernel's clocks and monitoring pages. A [Server] and a [Broker] have one
// caller, who calls Begin, Halt and End in turn; a Server samples memory by one goroutine in
// between, which Halt waits for. All other functions are free to call from anywhere. The
// package knows no load and no scenarios.
package observe
