// Package processors reads how much of the machine's processors is idle, and how much of them
// this process has used.
package processors

import (
	"syscall"
	"time"
)

// Used returns how much processor time this process has used, getrusage(2).
func Used() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it fails for bad arguments only
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
