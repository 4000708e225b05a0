// Package processors reads the processor time of this process.
package processors

import (
	"syscall"
	"time"
)

// Used returns the processor time that this process has used, see getrusage(2).
func Used() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // fails only with invalid arguments
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
