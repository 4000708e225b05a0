package doctor

import (
	"fmt"
	"math"
)

// Memory estimates, in bytes. An idle connection takes about 0.9 KB in the process (see bench/results/REPORT.md) and 4 KB in the
// kernel.
//
// The kernel's part was measured with 5,000 idle connections on Linux 6.18. Bytes by slab:
//
//	TCP               2,520, including the loss between objects
//	sock_inode_cache    876
//	filp, dentry        195 each
//	eventpoll_epi       128, and its wait queue
//	the slab of the security module
//
// On the machine with 2.2 million connections in bench/results/REPORT.md, both ends of a connection took 6.5 KB of the available
// memory. That figure is too low, because the kernel counts part of these slabs as available.
const (
	perConnection = 5 << 10
	perTLS        = 8 << 10  // in addition, if the server serves TLS; `make figures` measures it
	empty         = 20 << 20 // plenum without connections; bench/results/REPORT.md: 41 MiB with a table for 2.2 million
)

// each returns the memory per connection, in bytes.
func (m machine) each() int64 {
	if m.TLS {
		return perConnection + perTLS
	}
	return perConnection
}

// rounding is the multiple to which estimates of connections are rounded.
const rounding = 100

// memory checks the available memory of the machine. The share above RefuseAt stays free, as with a limit.
func (m machine) memory(n int) Check {
	available, total, ok := m.meminfo()
	if !ok {
		return unknown("memory")
	}
	c := m.fits("memory", available/100*m.RefuseAt, n)
	c.Found = fmt.Sprintf("%d of %d MiB free", available>>20, total>>20)
	if c.short() {
		c.Advice = m.mebibytes(m.bytesFor(n)) + " free"
	}
	return c
}

// cgroup checks the memory limit of the cgroup, which is also the default of --memory-limit.
func (m machine) cgroup(n int) Check {
	const name = "cgroup memory"
	switch {
	case m.Memory < 0:
		return unknown(name)
	case m.Memory == 0:
		return Check{Name: name, Found: "no limit", Most: math.MaxInt}
	}
	c := m.fits(name, m.Memory/100*m.RefuseAt-m.Used, n)
	c.Found = fmt.Sprintf("%d MiB, %d used", m.Memory>>20, m.Used>>20)
	if c.short() {
		c.Advice = m.mebibytes(m.bytesFor(n) + m.Used)
	}
	return c
}

// fits returns the check of how many connections a number of bytes holds.
func (m machine) fits(name string, bytes int64, n int) Check {
	most := max((bytes-empty)/m.each(), 0)
	return Check{Name: name, Most: int(most) / rounding * rounding, Need: n}
}

// bytesFor returns the number of bytes that n connections need.
func (m machine) bytesFor(n int) int64 { return int64(roundUp(n, rounding))*m.each() + empty }

// mebibytes returns the amount of memory whose share below RefuseAt is at least bytes.
func (m machine) mebibytes(bytes int64) string {
	return fmt.Sprintf("%d MiB", bytes/m.RefuseAt*100>>20+1)
}
