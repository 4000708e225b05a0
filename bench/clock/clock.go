package clock

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// epoch ties Go's monotonic clock to the kernel's. Reading it costs no system
// call, where reading the kernel's own through x/sys does.
var epoch, epochAt = startOfClock()

// Monotonic returns CLOCK_MONOTONIC in nanoseconds. All processes of a machine
// have the same, so a time sent by one can be compared by another.
func Monotonic() int64 { return epochAt + int64(time.Since(epoch)) }

func startOfClock() (time.Time, int64) {
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &at); err != nil {
		panic(fmt.Sprintf("bench: clock_gettime: %v", err)) // every Linux has it
	}
	return time.Now(), at.Nano()
}

// Sleep sleeps for d or until ctx has ended.
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
