package metric

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
)

// Metric is a figure that a run may have measured.
type Metric struct {
	Name    string
	Unit    *Unit
	Higher  bool // higher figures are better; false: lower ones
	Meaning string

	in       scenarios // the scenarios that measure it
	compared scenarios // the scenarios whose comparison shows it by default; nil: none
	value    func(*bench.Result) (v float64, ok bool)
}

// In reports whether runs of a scenario measure m.
func (m *Metric) In(scenario string) bool { return m.in(scenario) }

// ComparedIn reports whether a comparison of runs of a scenario shows m by default.
func (m *Metric) ComparedIn(scenario string) bool { return m.compared != nil && m.compared(scenario) }

// Of returns the figure of a run, in m.Unit. ok is false if the run has none: for example, a failed
// run has no latencies.
func (m *Metric) Of(r *bench.Result) (v float64, ok bool) {
	if !m.In(r.Scenario) {
		return 0, false
	}
	return m.value(r)
}

// CountsFaults reports whether m is 0 in every sound run: it counts what a server did wrong.
func (m *Metric) CountsFaults() bool { return slices.Contains(counts, m) }

// Title returns the name with the unit, such as "p99, ms".
func (m *Metric) Title() string {
	if m.Unit.Symbol == "" {
		return m.Name
	}
	return m.Name + ", " + m.Unit.Symbol
}

// Text formats a figure, which is in m.Unit, with its unit: 23.5 ms, 185,000/s, 1.54 MB.
func (m *Metric) Text(v float64) string {
	switch {
	case m.Unit == count:
		return Grouped(int64(v))
	case m.Unit == perSecond:
		return Number(v) + m.Unit.Symbol
	case m.Unit == bytes && v >= 1e6:
		return Number(v/1e6) + " MB"
	}
	return strings.TrimSpace(Number(v) + " " + m.Unit.Symbol)
}

// All returns all metrics, in the order of the manual. The caller must not change the metrics.
func All() []*Metric { return slices.Clone(all) }

// In returns the metrics of a scenario.
func In(scenario string) []*Metric {
	return slices.DeleteFunc(All(), func(m *Metric) bool { return !m.In(scenario) })
}

// ComparedIn returns the metrics that a comparison of a scenario shows by default.
func ComparedIn(scenario string) []*Metric {
	return slices.DeleteFunc(All(), func(m *Metric) bool { return !m.ComparedIn(scenario) })
}

// Names returns the names of metrics.
func Names(of []*Metric) (names []string) {
	for _, m := range of {
		names = append(names, m.Name)
	}
	return names
}

// Named returns the metric of a name. The error for an unknown name lists all names.
func Named(name string) (*Metric, error) {
	i := slices.IndexFunc(all, func(m *Metric) bool { return m.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown metric %q; the metrics are %s", name, strings.Join(Names(all), ", "))
	}
	return all[i], nil
}

// scenarios is a set of scenarios.
type scenarios func(name string) bool

func only(names ...string) scenarios {
	return func(name string) bool { return slices.Contains(names, name) }
}

// withMessages is the set of the scenarios that send messages.
func withMessages(name string) bool { return !only("idle", "connect", "presence")(name) }

// atFixedRate is the set of the scenarios whose messages follow one schedule. A search for the highest
// rate has latencies too, but each run of it ends at another rate.
func atFixedRate(name string) bool { return withMessages(name) && name != "saturate" }

// Scenarios describes in words which scenarios measure m.
func (m *Metric) Scenarios() string {
	if m.In("fan-hot") {
		return "all with messages"
	}
	known := []string{"zipf", "churn", "hour", "slow", "saturate", "idle", "connect", "presence"}
	return strings.Join(slices.DeleteFunc(known, func(name string) bool { return !m.In(name) }), ", ")
}
