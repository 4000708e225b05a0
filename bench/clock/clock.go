package clock

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// epoch and epochAt are the same moment on Go's monotonic clock and on the kernel's. Go reads
// its clock without a system call.
var epoch, epochAt = startOfClock()

// shift is added to the clock of this process. Nanoseconds.
var shift atomic.Int64

// Monotonic returns CLOCK_MONOTONIC in nanoseconds, plus the shift. Without a shift it is the same in
// all processes of a machine, so one process can compare a time that another one has sent.
func Monotonic() int64 { return epochAt + int64(time.Since(epoch)) + shift.Load() }

// SetShift sets the shift in nanoseconds. A generator on another machine shifts its clock once per run,
// before it opens connections, so that it agrees with the clock of the leading generator.
func SetShift(by int64) { shift.Store(by) }

func startOfClock() (time.Time, int64) {
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &at); err != nil {
		panic(fmt.Sprintf("bench: clock_gettime: %v", err)) // every Linux has it
	}
	return time.Now(), at.Nano()
}

// Sleep sleeps for d. If ctx ends first, it returns the cause.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
