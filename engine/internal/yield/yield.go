// Package yield yields the processor more cheaply than runtime.Gosched does.
package yield

import _ "unsafe" // for go:linkname

// Processor lets other goroutines of the calling goroutine's processor run first. runtime.Gosched also wakes a thread
// that looks for work, which costs more than a write to a socket. If no other goroutine is waiting, that thread finds
// nothing.
//
// The function of the Go runtime is not exported. The runtime keeps it available to other packages, because well-known
// programs use it; without it, plenum would not link.
//
//go:linkname Processor runtime.goyield
func Processor()
