// Package doctor reports how many connections a machine can hold, the resource that limits them, and the settings
// to change for more.
//
// It reads the kernel's settings below a root folder, so that tests and containers can show it another machine.
// The caller passes the limits of the process. The package changes nothing. A value that cannot be read is
// reported as unknown, and all other checks still run.
package doctor

import (
	"cmp"
	"math"
	"slices"
)

// Process holds the limits of the process that is to run the server.
type Process struct {
	Files, HardFiles uint64 // RLIMIT_NOFILE, the soft and the hard limit of descriptors; 0: unknown
	Memory           int64  // memory limit of its cgroup, in bytes; 0: no limit; negative: unknown
	Used             int64  // bytes of Memory in use
	RefuseAt         int64  // percentage of Memory from which the server refuses new connections
	Page             int64  // size of the kernel's memory page, in bytes
	TLS              bool   // the server is to serve TLS
}

// Report is the result of Examine.
type Report struct {
	Wanted int     // number of connections to check for
	Checks []Check // checks that limit the number of connections come first
	Limit  Check   // the check that allows the fewest connections
}

// Check is the result for one resource. The resource limits the number of connections, or the work that can be
// done with them at the same time.
type Check struct {
	Name   string
	Found  string   // current value; empty: it could not be read
	Of     string   // noun for Most and Need; empty: connections
	Most   int      // number that the current value allows
	Need   int      // number that is needed
	Set    *Setting // change that allows Need; nil: none
	Advice string   // remedy if no setting helps
}

// Setting is a setting to change. Now and Wanted have as many numbers as the kernel's setting.
type Setting struct {
	Kind, Name  string // Kind is "sysctl", or "limit" for a name of systemd.exec(5)
	Now, Wanted []int
}

// tested is the largest number of connections that one plenum has held in a test; see bench/results/REPORT.md.
const tested = 1_000_000

// Examine checks the machine whose proc folder is below root for a number of connections. 0 means as many as the
// memory holds, at most 1,000,000.
func Examine(root string, p Process, connections int) Report {
	m := machine{kernel: below(root), Process: p}
	n := cmp.Or(connections, min(m.memory(0).Most, m.cgroup(0).Most, tested))
	r := Report{Wanted: n, Checks: m.connectionChecks(n)}
	r.Limit = slices.MinFunc(r.Checks, func(a, b Check) int { return cmp.Compare(a.Most, b.Most) })
	r.Checks = append(r.Checks, m.trafficChecks(n)...)
	return r
}

// Holds reports whether the machine can hold the wanted number of connections.
func (r Report) Holds() bool { return r.Limit.Most >= r.Wanted }

// Settings returns the settings to change.
func (r Report) Settings() (list []Setting) {
	for _, c := range r.Checks {
		if c.Set != nil {
			list = append(list, *c.Set)
		}
	}
	return list
}

// machine is the machine that is examined.
type machine struct {
	kernel
	Process
}

// unknown returns the check of a value that could not be read. It limits nothing.
func unknown(name string) Check { return Check{Name: name, Most: math.MaxInt} }

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
