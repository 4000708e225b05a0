// Package doctor tells how many connections a machine can hold, what bounds them, and
// what to set for more.
//
// It reads the kernel's settings below a root, so that it can be shown another machine's,
// and is told the limits of the process. It changes nothing. What cannot be read is not
// known, and no other check suffers from that.
package doctor

import (
	"cmp"
	"math"

	"plenum/engine"
)

// Process is what the process that is to serve may have.
type Process struct {
	Files, HardFiles uint64 // descriptors, RLIMIT_NOFILE's soft and hard limit; 0: not known
	Memory           int64  // of its cgroup, in bytes; 0: no limit; negative: not known
	Used             int64  // of Memory
	Door             int64  // percent of Memory from which on nobody new is let in
	Page             int64  // the kernel's page, in bytes
	TLS              bool   // it speaks TLS
}

// Report is what Examine found.
type Report struct {
	Wanted int     // connections that the checks are for
	Checks []Check // first those of what bounds connections
	Bound  Check   // that of them which allows the fewest
}

// Check is of one thing that bounds connections, or what can be done with them at once.
type Check struct {
	Name   string
	Found  string   // empty: it could not be read
	Of     string   // what Most and Need count; empty: connections
	Most   int      // how many this allows
	Need   int      // how many there are to be
	Set    *Setting // what is to be set for Need; nil: nothing
	Advice string   // what helps where no setting does
}

// Setting is one that has to be changed. The values have as many numbers as the kernel's.
type Setting struct {
	Kind, Name  string // a "sysctl", or a "limit" as systemd.exec(5) calls it
	Now, Wanted []int
}

// onePlenum is how many connections one process has a place for, on any machine.
var onePlenum = engine.ConnsWithin(engine.MaxDescriptors)

// tried is how many connections one plenum has been seen to hold; see BENCHMARKS.md.
const tried = 1_000_000

// Examine looks at the machine whose /proc is below root, and at what has to be set for
// so many connections; 0: for as many as its memory holds, up to what has been tried.
func Examine(root string, p Process, connections int) Report {
	m := machine{kernel: below(root), Process: p}
	n := cmp.Or(connections, min(m.memory(0).Most, m.cgroup(0).Most, tried))
	itself := Check{Name: "plenum itself", Found: "one process", Most: onePlenum, Need: n, Advice: "several of them"}
	r := Report{Wanted: n, Bound: itself}
	n = min(n, onePlenum)
	r.Checks = append([]Check{itself}, m.holding(n)...)
	for _, c := range r.Checks {
		if c.Most < r.Bound.Most {
			r.Bound = c
		}
	}
	r.Checks = append(r.Checks, m.serving(n)...)
	return r
}

// Holds tells whether the machine can hold the connections that were asked for.
func (r Report) Holds() bool { return r.Bound.Most >= r.Wanted }

// Settings are what has to be set.
func (r Report) Settings() (list []Setting) {
	for _, c := range r.Checks {
		if c.Set != nil {
			list = append(list, *c.Set)
		}
	}
	return list
}

// machine is what is looked at.
type machine struct {
	kernel
	Process
}

// unknown is the check of what could not be read: it bounds nothing that we know of.
func unknown(name string) Check { return Check{Name: name, Most: math.MaxInt} }

// files is how many descriptors so many connections take, with the engine's reserve.
// It is rounded up, as people do who set such numbers.
func files(connections int) int {
	limit := connections
	for engine.ConnsWithin(limit) < connections {
		limit += connections - engine.ConnsWithin(limit)
	}
	return roundUp(limit, 1024)
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
