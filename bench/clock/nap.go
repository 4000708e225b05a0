package clock

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Nap blocks the calling thread for d, or until a signal arrives. If the goroutine is locked to its
// thread, Nap wakes it up sooner than time.Sleep, because no other thread is in between.
//
// A thread that sleeps in an ordinary system call keeps its processor of Go's scheduler until the
// scheduler's monitor takes the processor away. If that happens often, the monitor wakes up every
// 20 µs, which took a tenth of a core. So Nap gives the processor up before it sleeps. The two
// functions of the runtime are not public, but must not change (golang.org/issue/67401).
func Nap(d time.Duration) {
	if d > 0 {
		time := unix.NsecToTimespec(int64(d))
		nap(&time)
	}
}

// nap must not grow its stack between the two calls.
//
//go:nosplit
func nap(time *unix.Timespec) {
	entersyscallblock()
	_, _, _ = syscall.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(time)), 0, 0)
	exitsyscall()
}

//go:linkname entersyscallblock runtime.entersyscallblock
func entersyscallblock()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()
