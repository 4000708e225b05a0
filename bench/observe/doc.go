// Package observe measures the resource use of processes and of the machine, and the traffic of a
// NATS server. It also reads the environment of a result, and finds the process that listens at an
// address.
//
// It reads /proc, the kernel's clocks, the metrics of plenum and the monitoring pages of a NATS server. A
// [Server] with its [Broker] and [Writes] has one caller, which calls Begin, Halt and End in this order. In
// between, one goroutine of the Server samples memory; Halt waits for it. All other functions, and
// [Server.AllGone], may be called from any goroutine. The package knows no load and no scenarios.
package observe
