package doctor

import (
	"fmt"
	"math"

	"plenum/engine"
)

// holding are the checks of what bounds the connections themselves.
func (m machine) holding(n int) []Check {
	return []Check{
		m.descriptors(n), m.fileTable("fs.nr_open", n),
		m.openFiles(n), m.fileTable("fs.epoll.max_user_watches", n),
		m.memory(n), m.cgroup(n), m.conntrack(n),
	}
}

// descriptors is of the limit in force: Go raises the soft one to the hard one when a
// program starts, and then it is the soft one that counts.
func (m machine) descriptors(n int) Check {
	c := unknown("ulimit -n")
	if m.Files == 0 {
		return c
	}
	now := int(min(m.Files, math.MaxInt))
	c.Found = fmt.Sprint(now)
	if m.HardFiles != m.Files {
		c.Found += fmt.Sprintf(", hard %d", m.HardFiles)
	}
	c.Most, c.Need = engine.ConnsWithin(now), n
	if c.short() {
		c.Set = &Setting{Kind: "limit", Name: "LimitNOFILE", Now: []int{now}, Wanted: []int{files(n)}}
	}
	return c
}

// fileTable is of what has a place for each descriptor that plenum has: fs.nr_open, above
// which no process's limit can be, and the files that one user may wait for with epoll.
func (m machine) fileTable(name string, n int) Check { return m.room(name, "", 0, n) }

// openFiles is of the files of all processes together; root's are not bounded.
func (m machine) openFiles(n int) Check {
	open := 0
	if numbers := m.sysctl("fs.file-nr", 3); numbers != nil {
		open = numbers[0]
	}
	return m.room("fs.file-max", "open", open, n)
}

// conntrack is of the firewall's table, which has an entry for each connection, and
// for a while for each that has ended. It is there where the firewall keeps state.
func (m machine) conntrack(n int) Check {
	const name = "net.netfilter.nf_conntrack_max"
	count := 0
	if numbers := m.sysctl("net.netfilter.nf_conntrack_count", 1); numbers != nil {
		count = numbers[0]
	}
	c := m.room(name, "taken", count, n)
	if c.Found != "" && m.sysctl(name, 1)[0] == 0 {
		return Check{Name: name, Found: "0, no bound", Most: math.MaxInt}
	}
	return c
}

// room is of a table of which others take a part. What plenum's own share of it has to
// be is what its descriptors are: connections, and a reserve for those that come and go.
func (m machine) room(name, others string, taken, n int) Check {
	c := unknown(name)
	now := m.sysctl(name, 1)
	if now == nil {
		return c
	}
	c.Found = text(now)
	if others != "" {
		c.Found += fmt.Sprintf(", %d %s", taken, others)
	}
	c.Most, c.Need = engine.ConnsWithin(now[0]-taken), n
	if c.short() {
		c.Set = raise(name, now, roundUp(taken+files(n), 1024))
	}
	return c
}

// short tells whether there is to be more than there can be.
func (c Check) short() bool { return c.Most < c.Need }
