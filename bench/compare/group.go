package compare

import (
	"encoding/json"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/metric"
	"plenum/bench/spread"
)

// again is the end of the name of a server's second measurement in a suite.
const again = "-again"

// Group is the runs of one server in one entry, with the same options.
type Group struct {
	Entry    string // entry of a suite, or the scenario
	Scenario string
	Server   string
	Options  map[string]any // options that must be the same

	Sound, Failed, HeldBack []*bench.Result // the runs that count, without histograms
	Excluded                Excluded
	Unused                  []*bench.Result // the excluded runs of the same set

	curves map[string][]spread.Curve // of the sound runs: delivery, completion, storm and steady
}

// groups are the groups of one side, in the order of their first runs.
type groups struct {
	list []*Group
	at   map[string]*Group
	set  string // of a suite; runs of other sets are left out
}

// add adds a run to its group, and removes its histograms.
func (g *groups) add(r *bench.Result) {
	one := g.of(r)
	switch {
	case r.Labels["set"] != g.set || r.Labels["lab"] != "": // lab: an emulated machine, whose times mean nothing
		one.Excluded.OtherSet++
	case r.Labels["rejected"] != "":
		one.leave(r, &one.Excluded.Rejected)
	default:
		one.add(r)
	}
	r.Histograms = nil // reduced to curves already; the histograms of all runs would take much memory
}

// leave leaves a run out. reason is the count of such runs.
func (g *Group) leave(r *bench.Result, reason *int) {
	*reason++
	g.Unused = append(g.Unused, r)
}

// of returns the group of a run. If it is the first run of its group, it makes the group.
func (g *groups) of(r *bench.Result) *Group {
	entry := r.Labels["entry"]
	if entry == "" {
		entry = r.Scenario
	}
	options := comparedOptions(r)
	text, _ := json.Marshal(options) // cannot fail, because the options were read from JSON
	key := strings.Join([]string{entry, r.Scenario, r.Target, string(text)}, "\x00")
	if g.at[key] == nil {
		g.at[key] = &Group{Entry: entry, Scenario: r.Scenario, Server: r.Target, Options: options, curves: map[string][]spread.Curve{}}
		g.list = append(g.list, g.at[key])
	}
	return g.at[key]
}

// add adds a run of the group's set. A run that failed or was held back counts only if the generator
// cannot have been the cause.
func (g *Group) add(r *bench.Result) {
	switch {
	case r.Cut:
		g.leave(r, &g.Excluded.Cut)
	case r.Failed() && !r.Overrun():
		g.Failed = append(g.Failed, r)
	case !r.Valid:
		g.leave(r, &g.Excluded.Invalid)
	case r.WasHeldBack():
		g.HeldBack = append(g.HeldBack, r)
	default:
		g.Sound = append(g.Sound, r)
		g.addCurves(r)
	}
}

// addCurves adds the latencies of a run.
func (g *Group) addCurves(r *bench.Result) {
	add := func(name string, h latency.Histogram) {
		if h.Count() > 0 {
			g.curves[name] = append(g.curves[name], spread.CurveOf(h))
		}
	}
	if h := r.Histograms; h != nil {
		add("delivery", h.Delivery)
		add("completion", h.Completion)
	}
	if c := r.Connect; c != nil {
		for name, part := range map[string]*bench.Upgrades{"storm": c.Storm, "steady": c.Steady} {
			if part != nil && part.Histogram != nil {
				add(name, *part.Histogram)
			}
		}
	}
}

// Latency returns the latencies of the sound runs: the median over the runs at each percentile. name is delivery,
// completion, storm or steady. ok is false if no run has such latencies.
func (g *Group) Latency(name string) (c spread.Curve, ok bool) {
	curves := g.curves[name]
	if len(curves) == 0 {
		return c, false
	}
	return spread.MedianCurve(curves), true
}

// Counted returns the runs that count.
func (g *Group) Counted() []*bench.Result { return slices.Concat(g.Sound, g.HeldBack, g.Failed) }

// WhyUnused returns the reasons why runs of the set were left out, each once.
func (g *Group) WhyUnused() (reasons []string) {
	for _, r := range g.Unused {
		why := r.Reasons
		if rejected := r.Labels["rejected"]; rejected != "" {
			why = []string{rejected}
		}
		for _, reason := range why {
			if !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
		}
	}
	return reasons
}

// Values returns the figures of a metric, one per sound run that has it.
func (g *Group) Values(m *metric.Metric) (values []float64) {
	for _, r := range g.Sound {
		if v, ok := m.Of(r); ok {
			values = append(values, v)
		}
	}
	return values
}
