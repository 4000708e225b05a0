package socket

import "golang.org/x/sys/unix"

// maxReserve bounds Reserve: 8 bytes of kernel memory per descriptor.
const maxReserve = 1 << 16

// Reserve grows the process's table of descriptors to its limit. Otherwise the kernel doubles the
// table as sockets are opened. Each time, it holds up the thread for some 10 ms, because it waits
// for the other threads of the process (RCU). of is any descriptor. An error is no problem: the
// table then grows as usual.
func Reserve(of int) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	last := min(limit.Cur, maxReserve) - 1
	if fd, err := unix.FcntlInt(uintptr(of), unix.F_DUPFD_CLOEXEC, int(last)); err == nil {
		unix.Close(fd)
	}
}
