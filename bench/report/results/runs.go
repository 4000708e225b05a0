package results

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/spread"
)

// Key identifies a cell.
type Key struct{ Entry, Target string }

// Cell has the runs of one target in one entry. Each run is in one of sound, failed and held,
// or counted in one of the other fields.
type Cell struct {
	Sound, Failed          []*bench.Result
	Held                   []*bench.Result // held back, with nothing lost
	Rejected, Invalid, Cut int             // runs that are not used
	Why                    string          // why the last of the rejected runs does not count
	Other                  int             // runs of other sets, which are not used
	Curves                 []spread.Curve  // latencies of the deliveries of the sound runs
}

// Count returns the number of runs that are used.
func (c *Cell) Count() int { return len(c.Sound) + c.Missed() }

// Missed returns the number of runs that failed or were held back.
func (c *Cell) Missed() int { return len(c.Failed) + len(c.Held) }

// Proven returns the number of missed runs in which the generator kept up.
func (c *Cell) Proven() int { return c.Missed() - c.Overrun() - c.Limited() }

// faults returns the number of missed runs that count against a server. For plenum all of them do.
func (c *Cell) faults(plenum bool) int {
	if plenum {
		return c.Missed()
	}
	return c.Proven()
}

// Overrun returns the number of runs that failed while the generator was overrun.
func (c *Cell) Overrun() (n int) {
	for _, r := range c.Failed {
		if r.Overrun() {
			n++
		}
	}
	return n
}

// Limited returns the number of runs that were held back while the generator was at its
// limit.
func (c *Cell) Limited() (n int) {
	for _, r := range c.Held {
		if !r.Valid {
			n++
		}
	}
	return n
}

// MissedSummary returns how many runs failed and how many were held back, or "".
func (c *Cell) MissedSummary() string {
	parts := []string{c.Share("failed", c.Failed), c.Share("held back", c.Held)}
	return strings.Join(slices.DeleteFunc(parts, func(text string) bool { return text == "" }), ", ")
}

// Share returns how many runs of the cell had an outcome, such as "2 of 5 failed". If the cell
// has no sound run it is "failed 2 of 5". Without runs it is "".
func (c *Cell) Share(outcome string, runs []*bench.Result) string {
	switch {
	case len(runs) == 0:
		return ""
	case len(c.Sound) == 0:
		return fmt.Sprintf("%s %d of %d", outcome, len(runs), c.Count())
	}
	return fmt.Sprintf("%d of %d %s", len(runs), c.Count(), outcome)
}

// add adds a run, or counts the reason for which it is not used.
func (c *Cell) add(r *bench.Result) {
	switch {
	case r.Labels["rejected"] != "":
		c.Rejected, c.Why = c.Rejected+1, r.Labels["rejected"]
	case r.Cut:
		c.Cut++
	case r.Failed():
		c.Failed = append(c.Failed, r)
	case r.WasHeldBack():
		c.Held = append(c.Held, r)
	case !r.Valid:
		c.Invalid++
	default:
		c.Sound = append(c.Sound, r)
		if r.Histograms != nil && r.Histograms.Delivery.Count() > 0 {
			c.Curves = append(c.Curves, spread.CurveOf(r.Histograms.Delivery))
		}
	}
	r.Histograms = nil // reduced to curves already; those of all runs would take much memory
}

// Shown returns the runs whose figures a table shows: sound runs, else held back runs, else
// failed runs.
func (c *Cell) Shown() []*bench.Result {
	for _, runs := range [][]*bench.Result{c.Sound, c.Held} {
		if len(runs) > 0 {
			return runs
		}
	}
	return c.Failed
}

// Skip is a peer that could not be measured, and the reason.
type Skip struct{ Name, Why string }

// Data are all runs.
type Data struct {
	Published bool   // the results are those of the project's documents
	Known     []Peer // the manifest
	set       string // the set whose runs are used
	cells     map[Key]*Cell
	both      *Data   // in the results of one client shape: those of both; else nil
	Lab       *Lab    // nil: not measured
	Scale     *Scaled // like lab
	Skipped   []Skip
	Wire      *Data // results of the variants; the data itself if they have no folder of their own
	Cluster   *Data // results of clusters; empty if there are none
	Channels  *Data // results of clients of the Pusher Channels protocol; empty if there are none
}

// At returns the runs of a target in an entry, never nil.
func (d *Data) At(entry, target string) *Cell {
	if c := d.cells[Key{entry, target}]; c != nil {
		return c
	}
	return &Cell{}
}

// add adds a run to its cell.
func (d *Data) add(entry string, r *bench.Result) {
	k := Key{entry, r.Target}
	if d.cells[k] == nil {
		d.cells[k] = &Cell{}
	}
	if set, comparable := setOf(r.Labels); !comparable || set != d.set {
		d.cells[k].Other++
		return
	}
	d.cells[k].add(r)
}

// OneLoop ends the name of an entry that was measured with a client of one loop.
const OneLoop = "-loops1"

// WithOneLoop returns the results of the client with one loop, under the names of the entries
// with the default client.
func (d *Data) WithOneLoop() *Data {
	one := *d
	one.cells, one.both = map[Key]*Cell{}, d
	for k, c := range d.cells {
		if entry, ok := strings.CutSuffix(k.Entry, OneLoop); ok {
			one.cells[Key{entry, k.Target}] = c
		}
	}
	return &one
}

// Shared returns the results of the default client in one entry, of the servers that the client with one loop measured too.
func (d *Data) Shared(entry string) *Data {
	shared := *d
	shared.cells = map[Key]*Cell{}
	for k, c := range d.cells {
		if k.Entry == entry && d.At(entry+OneLoop, k.Target).Count() > 0 || k.Target == Again {
			shared.cells[k] = c
		}
	}
	return &shared
}

// All returns the runs that are used.
func (c *Cell) All() (runs []*bench.Result) {
	return append(append(append(runs, c.Sound...), c.Held...), c.Failed...)
}
