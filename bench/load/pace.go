package load

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
	"plenum/bench/clock"
)

// Prioritize gives the calling goroutine a thread of its own that wakes up on time. A goroutine that
// uses Await calls it first. It removes the timer slack, which is 50 µs by default, and raises the
// priority if the system allows it. The thread ends with the goroutine.
func Prioritize() {
	const urgent = -15
	runtime.LockOSThread() // never unlocked
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, urgent) // on Linux, of this thread only
}

// Await sleeps until hit i is due. It returns false if ctx has ended.
func Await(ctx context.Context, schedule Schedule, i int) bool {
	const slice = 20 * time.Millisecond // interval at which ctx is checked
	for ctx.Err() == nil {
		wait := schedule.Wait(clock.Monotonic(), i)
		if wait == 0 {
			return true
		}
		clock.Nap(min(wait, slice)) // a signal may end it early, so the clock is read again
	}
	return false
}
