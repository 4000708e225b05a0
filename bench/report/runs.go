package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/latency"
)

// Targets in the order of all tables. The plain write loop is the limit and no peer.
const (
	plenum = "plenum"
	again  = "plenum-again" // the same server a second time
	raw    = "raw"
	bun    = "bun"
	ktor   = "ktor"

	encrypted  = "plenum-tls" // the same server, and so is this
	compressed = "plenum-compressed"
)

var (
	goPeers = []string{"nbio", "gws", "gorilla", "coder", "centrifuge"}
	peers   = append([]string{bun, ktor}, goPeers...)
	targets = []string{plenum, raw, bun, "nbio", "gws", "gorilla", "coder", "centrifuge", ktor}
	wires   = []string{encrypted, compressed}
)

// key is where a run belongs.
type key struct{ entry, target string }

// cell has the runs of one target in one entry.
type cell struct {
	sound, failed          []*bench.Result
	held                   []*bench.Result   // nothing was lost, but the senders were held back
	rejected, invalid, cut int               // runs that do not count
	other                  int               // runs that are not of the set, which do not count either
	latency                latency.Histogram // of the sound ones' deliveries
}

// count is how many runs are used.
func (c *cell) count() int { return len(c.sound) + c.missed() }

// missed is how many did not do what was asked.
func (c *cell) missed() int { return len(c.failed) + len(c.held) }

// proven is how many missed it though the generator could follow.
func (c *cell) proven() int { return c.missed() - c.overrun() - c.limited() }

// overrun is how many failed while the generator was overrun.
func (c *cell) overrun() (n int) {
	for _, r := range c.failed {
		if r.Overrun() {
			n++
		}
	}
	return n
}

// limited is how many were held back while the generator was at its limit.
func (c *cell) limited() (n int) {
	for _, r := range c.held {
		if !r.Valid {
			n++
		}
	}
	return n
}

// lost tells how many failed, and how many were held back; empty: none.
func (c *cell) lost() string {
	parts := []string{c.part("failed", c.failed), c.part("held back", c.held)}
	return strings.Join(slices.DeleteFunc(parts, func(text string) bool { return text == "" }), ", ")
}

// part tells how many of the runs came to that; empty: none.
func (c *cell) part(what string, runs []*bench.Result) string {
	switch {
	case len(runs) == 0:
		return ""
	case len(c.sound) == 0:
		return fmt.Sprintf("%s %d of %d", what, len(runs), c.count())
	}
	return fmt.Sprintf("%d of %d %s", len(runs), c.count(), what)
}

// add takes a run in, or counts why it is not used.
func (c *cell) add(r *bench.Result) {
	switch {
	case r.Labels["rejected"] != "":
		c.rejected++
	case r.Cut:
		c.cut++
	case r.Failed():
		c.failed = append(c.failed, r)
	case r.WasHeldBack():
		c.held = append(c.held, r)
	case !r.Valid:
		c.invalid++
	default:
		c.sound = append(c.sound, r)
		if r.Histograms != nil {
			c.latency.Merge(r.Histograms.Delivery)
		}
	}
	r.Histograms = nil // merged; all of them together are large
}

// shown are the runs whose figures a table shows: the sound ones. If there is none, those
// that were held back, and if there is none either, those that failed.
func (c *cell) shown() []*bench.Result {
	for _, runs := range [][]*bench.Result{c.sound, c.held} {
		if len(runs) > 0 {
			return runs
		}
	}
	return c.failed
}

// skip is a peer that could not be measured.
type skip struct{ Name, Why string }

// data are all runs.
type data struct {
	set     string // the one whose runs are used
	cells   map[key]*cell
	lab     *lab // nil: there is none
	skipped []skip
	wire    *data // the server encrypted and compressed: of a folder of its own, else these
	cluster *data // of several nodes; empty where there is none
}

// at returns the runs of a target in an entry, never nil.
func (d *data) at(entry, target string) *cell {
	if c := d.cells[key{entry, target}]; c != nil {
		return c
	}
	return &cell{}
}

// add takes a run into its cell.
func (d *data) add(entry string, r *bench.Result) {
	k := key{entry, r.Target}
	if d.cells[k] == nil {
		d.cells[k] = &cell{latency: latency.NewHistogram()}
	}
	if set, comparable := setOf(r.Labels); !comparable || set != d.set {
		d.cells[k].other++
		return
	}
	d.cells[k].add(r)
}

// measured are the targets with runs in an entry.
func (d *data) measured(entry string) []string { return d.among(targets, entry) }

// among returns those that have runs in an entry.
func (d *data) among(all []string, entry string) (names []string) {
	for _, name := range all {
		if d.at(entry, name).count() > 0 {
			names = append(names, name)
		}
	}
	return names
}
