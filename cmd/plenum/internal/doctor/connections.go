package doctor

import (
	"fmt"
	"math"

	"plenum/engine"
)

// connectionChecks returns the checks of the resources that limit the number of connections.
func (m machine) connectionChecks(n int) []Check {
	return []Check{
		m.descriptors(n), m.fileTable("fs.nr_open", n),
		m.openFiles(n), m.fileTable("fs.epoll.max_user_watches", n),
		m.memory(n), m.cgroup(n), m.conntrack(n),
	}
}

// descriptors checks the soft limit of descriptors. Go raises it to the hard limit when a program starts, if it can.
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
		c.Set = &Setting{Kind: "limit", Name: "LimitNOFILE", Now: []int{now}, Wanted: []int{engine.DescriptorsFor(n)}}
	}
	return c
}

// fileTable checks a setting that must allow one entry per descriptor of plenum. fs.nr_open is the upper bound of every
// process's limit of descriptors. fs.epoll.max_user_watches is the number of files that one user can watch with epoll.
func (m machine) fileTable(name string, n int) Check { return m.table(name, "", 0, n) }

// openFiles checks the number of open files of all processes together. The kernel does not limit root's.
func (m machine) openFiles(n int) Check {
	open := 0
	if numbers := m.sysctl("fs.file-nr", 3); numbers != nil {
		open = numbers[0]
	}
	return m.table("fs.file-max", "open", open, n)
}

// conntrack checks the firewall's table. It exists if the firewall keeps state. It has an entry for each connection, and
// keeps the entry for a while after the connection has ended.
func (m machine) conntrack(n int) Check {
	const name = "net.netfilter.nf_conntrack_max"
	count := 0
	if numbers := m.sysctl("net.netfilter.nf_conntrack_count", 1); numbers != nil {
		count = numbers[0]
	}
	c := m.table(name, "taken", count, n)
	if c.Found != "" && m.sysctl(name, 1)[0] == 0 {
		return Check{Name: name, Found: "0, no limit", Most: math.MaxInt}
	}
	return c
}

// table checks the size of a table. Other programs use taken of its entries; others is the word for such entries. plenum needs
// as many entries as descriptors: one per connection, and a reserve for connections that come and go.
func (m machine) table(name, others string, taken, n int) Check {
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
		c.Set = raise(name, now, roundUp(taken+engine.DescriptorsFor(n), 1024))
	}
	return c
}

// short reports whether the resource is too small.
func (c Check) short() bool { return c.Most < c.Need }
