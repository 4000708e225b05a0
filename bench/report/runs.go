package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/spread"
)

// key identifies a cell.
type key struct{ entry, target string }

// cell has the runs of one target in one entry. Each run is in one of sound, failed and held,
// or counted in one of the other fields.
type cell struct {
	sound, failed          []*bench.Result
	held                   []*bench.Result // held back, with nothing lost
	rejected, invalid, cut int             // runs that are not used
	why                    string          // why the last of the rejected runs does not count
	byLatency              []*bench.Result // those of the rejected runs that a newer suite would count
	other                  int             // runs of other sets, which are not used
	curves                 []spread.Curve  // latencies of the deliveries of the sound runs
}

// count returns the number of runs that are used.
func (c *cell) count() int { return len(c.sound) + c.missed() }

// missed returns the number of runs that failed or were held back.
func (c *cell) missed() int { return len(c.failed) + len(c.held) }

// proven returns the number of missed runs in which the generator kept up.
func (c *cell) proven() int { return c.missed() - c.overrun() - c.limited() }

// overrun returns the number of runs that failed while the generator was overrun.
func (c *cell) overrun() (n int) {
	for _, r := range c.failed {
		if r.Overrun() {
			n++
		}
	}
	return n
}

// limited returns the number of runs that were held back while the generator was at its
// limit.
func (c *cell) limited() (n int) {
	for _, r := range c.held {
		if !r.Valid {
			n++
		}
	}
	return n
}

// missedSummary returns how many runs failed and how many were held back, or "".
func (c *cell) missedSummary() string {
	parts := []string{c.share("failed", c.failed), c.share("held back", c.held)}
	return strings.Join(slices.DeleteFunc(parts, func(text string) bool { return text == "" }), ", ")
}

// share returns how many runs of the cell had an outcome, such as "2 of 5 failed". If the cell
// has no sound run it is "failed 2 of 5". Without runs it is "".
func (c *cell) share(outcome string, runs []*bench.Result) string {
	switch {
	case len(runs) == 0:
		return ""
	case len(c.sound) == 0:
		return fmt.Sprintf("%s %d of %d", outcome, len(runs), c.count())
	}
	return fmt.Sprintf("%d of %d %s", len(runs), c.count(), outcome)
}

// add adds a run, or counts the reason for which it is not used.
func (c *cell) add(r *bench.Result) {
	switch {
	case r.Labels["rejected"] != "":
		c.rejected, c.why = c.rejected+1, r.Labels["rejected"]
		if rejectedByLatency(r) {
			c.byLatency = append(c.byLatency, r)
		}
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
		if r.Histograms != nil && r.Histograms.Delivery.Count() > 0 {
			c.curves = append(c.curves, spread.CurveOf(r.Histograms.Delivery))
		}
	}
	r.Histograms = nil // reduced to curves already; those of all runs would take much memory
}

// shown returns the runs whose figures a table shows: sound runs, else held back runs, else
// failed runs.
func (c *cell) shown() []*bench.Result {
	for _, runs := range [][]*bench.Result{c.sound, c.held} {
		if len(runs) > 0 {
			return runs
		}
	}
	return c.failed
}

// skip is a peer that could not be measured, and the reason.
type skip struct{ Name, Why string }

// data are all runs.
type data struct {
	known    []peer // the manifest
	set      string // the set whose runs are used
	cells    map[key]*cell
	both     *data   // in the results of one client shape: those of both; else nil
	lab      *lab    // nil: not measured
	scale    *scaled // like lab
	skipped  []skip
	wire     *data // results of the variants; the data itself if they have no folder of their own
	cluster  *data // results of clusters; empty if there are none
	channels *data // results of clients of the Pusher Channels protocol; empty if there are none
}

// at returns the runs of a target in an entry, never nil.
func (d *data) at(entry, target string) *cell {
	if c := d.cells[key{entry, target}]; c != nil {
		return c
	}
	return &cell{}
}

// add adds a run to its cell.
func (d *data) add(entry string, r *bench.Result) {
	k := key{entry, r.Target}
	if d.cells[k] == nil {
		d.cells[k] = &cell{}
	}
	if set, comparable := setOf(r.Labels); !comparable || set != d.set {
		d.cells[k].other++
		return
	}
	d.cells[k].add(r)
}

// oneLoop ends the name of an entry that was measured with a client of one loop.
const oneLoop = "-loops1"

// withOneLoop returns the results of the client with one loop, under the names of the entries
// with the default client.
func (d *data) withOneLoop() *data {
	one := *d
	one.cells, one.both = map[key]*cell{}, d
	for k, c := range d.cells {
		if entry, ok := strings.CutSuffix(k.entry, oneLoop); ok {
			one.cells[key{entry, k.target}] = c
		}
	}
	return &one
}
