package results

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/scale"
	"plenum/bench/spread"
)

// ScalePartName is the part about rooms and timers without sockets.
const ScalePartName = "scale"

// Scaled are the results of make scale. It is nil if there are none.
type Scaled struct{ *scale.Results }

func readScale(results string) (*Scaled, error) {
	r, err := scale.Read(filepath.Join(results, scale.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if strings.HasSuffix(r.Environment.Commit, Dirty) {
		return nil, fmt.Errorf("report: %s: built from uncommitted changes (commit %s): commit them and measure again", scale.File, r.Environment.Commit)
	}
	return &Scaled{r}, nil
}

// ShapeNames are the names of the shapes in tables.
var ShapeNames = map[string]string{"one-room": "one room", "rooms-of-10": "rooms of 10", "rooms-of-Zipf-sizes": "rooms of Zipf sizes"}

// SinkNames are the names of the sinks in tables.
var SinkNames = map[string]string{scale.Null: "null", scale.Spins: "spins 1 µs"}

// ScaleLoad is a shape and a sink with a number of members.
type ScaleLoad struct {
	Shape, Sink string
	Members     int
}

// Loads returns the measured combinations of shape, sink and members, in a fixed order.
func (s *Scaled) Loads() (all []ScaleLoad) {
	for _, shape := range scale.Shapes {
		for _, sink := range []string{scale.Null, scale.Spins} {
			for _, members := range s.Sizes(scale.Throughput(shape, sink)) {
				all = append(all, ScaleLoad{shape, sink, members})
			}
		}
	}
	return all
}

// Sizes returns the numbers of members of a benchmark's runs, in ascending order.
func (s *Scaled) Sizes(benchmark string) (all []int) {
	for _, r := range s.Runs {
		if r.Benchmark == benchmark && !slices.Contains(all, r.Members) {
			all = append(all, r.Members)
		}
	}
	slices.Sort(all)
	return all
}

// Values returns the values of a benchmark's runs in one unit. Those of processes that ran together are added up.
func (s *Scaled) Values(benchmark string, members, cores, processes int, of func(scale.Run) float64) (all []float64) {
	for _, r := range s.Runs {
		if r.Benchmark != benchmark || r.Members != members || r.Cores != cores || r.Processes != processes || r.Mutexes {
			continue
		}
		if r.Process == 0 {
			all = append(all, of(r))
			continue
		}
		all[len(all)-1] += of(r)
	}
	return all
}

func InUnit(unit string) func(scale.Run) float64 {
	return func(r scale.Run) float64 { return r.Values[unit] }
}

// perSecond returns the deliveries per second of a run.
func DeliveriesPerSecond(r scale.Run) float64 { return 1e9 / r.Values["ns/delivery"] }

// SpreadText returns the spread of values, or a dash if there are none.
func SpreadText(values []float64) string {
	if len(values) == 0 {
		return markdown.NoFigure
	}
	return spread.Of(values).String()
}

// Ratios divides the values of repeats by each other.
func Ratios(a, b []float64) (all []float64) {
	for i := range min(len(a), len(b)) {
		all = append(all, a[i]/b[i])
	}
	return all
}

func (l ScaleLoad) Benchmark() string { return scale.Throughput(l.Shape, l.Sink) }

// ToProcesses returns the throughput of two cores in one process, divided by that of two processes, per repeat.
func (s *Scaled) ToProcesses(l ScaleLoad) []float64 {
	return Ratios(s.Values(l.Benchmark(), l.Members, 2, 1, DeliveriesPerSecond), s.Values(l.Benchmark(), l.Members, 1, 2, DeliveriesPerSecond))
}

// waitPrefix begins the units of waits for one mutex.
const waitPrefix = "wait%:"

// Mutexes calls f with each run that has a mutex profile.
func (s *Scaled) Mutexes(f func(r scale.Run)) {
	for _, r := range s.Runs {
		if r.Mutexes {
			f(r)
		}
	}
}

// LongestWaits returns the functions with the most waits in a run, the longest first.
func LongestWaits(r scale.Run) (units []string) {
	for unit := range r.Values {
		if strings.HasPrefix(unit, waitPrefix) {
			units = append(units, unit)
		}
	}
	slices.SortFunc(units, func(a, b string) int { return cmp.Or(cmp.Compare(r.Values[b], r.Values[a]), cmp.Compare(a, b)) })
	return units[:min(len(units), 3)]
}

// MutexName returns the function of a unit.
func MutexName(unit string) string {
	return strings.TrimPrefix(strings.TrimPrefix(unit, waitPrefix), "plenum/")
}
