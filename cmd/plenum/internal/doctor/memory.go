package doctor

import (
	"fmt"
	"math"
)

// What memory is for, in bytes. Of an idle connection the process has about 0.9 KB (see
// BENCHMARKS.md), and the kernel 4 KB: of 5,000 idle connections on Linux 6.18, the slabs
// TCP 2,520 with what is lost between objects, sock_inode_cache 876, filp and dentry
// 195 each, eventpoll_epi 128 and its wait queue, and the security module's. The machine
// of a million connections in BENCHMARKS.md lost 6.9 KB for both ends of one, though it
// counts part of these slabs as available still.
const (
	eachConnection = 5 << 10
	eachTLS        = 8 << 10  // besides, where it speaks TLS: `make figures` has it
	empty          = 20 << 20 // plenum with no connection: 18 MiB there
)

// each is what a connection takes.
func (m machine) each() int64 {
	if m.TLS {
		return eachConnection + eachTLS
	}
	return eachConnection
}

// unit is what estimates are rounded to.
const unit = 100

// memory is of what the machine has left, but for a part as a limit has it.
func (m machine) memory(n int) Check {
	available, total, ok := m.meminfo()
	if !ok {
		return unknown("memory")
	}
	c := m.fits("memory", available/100*m.Door, n)
	c.Found = fmt.Sprintf("%d of %d MiB free", available>>20, total>>20)
	if c.short() {
		c.Advice = m.mebibytes(m.least(n)) + " free"
	}
	return c
}

// cgroup is of the limit that is plenum's too, unless --memory-limit says otherwise.
func (m machine) cgroup(n int) Check {
	const name = "cgroup memory"
	switch {
	case m.Memory < 0:
		return unknown(name)
	case m.Memory == 0:
		return Check{Name: name, Found: "no limit", Most: math.MaxInt}
	}
	c := m.fits(name, m.Memory/100*m.Door-m.Used, n)
	c.Found = fmt.Sprintf("%d MiB, %d used", m.Memory>>20, m.Used>>20)
	if c.short() {
		c.Advice = m.mebibytes(m.least(n) + m.Used)
	}
	return c
}

// fits is how many connections so many bytes hold.
func (m machine) fits(name string, bytes int64, n int) Check {
	most := max((bytes-empty)/m.each(), 0)
	return Check{Name: name, Most: int(most) / unit * unit, Need: n}
}

// least is how many bytes hold so many connections.
func (m machine) least(n int) int64 { return int64(roundUp(n, unit))*m.each() + empty }

// mebibytes is how much memory there has to be for so many bytes below the door.
func (m machine) mebibytes(bytes int64) string { return fmt.Sprintf("%d MiB", bytes/m.Door*100>>20+1) }
