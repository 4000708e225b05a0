package report

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"plenum/bench/scale"
	"plenum/bench/spread"
)

// scalePartName is the part about rooms and timers without sockets.
const scalePartName = "scale"

// scaled are the results of make scale. It is nil if there are none.
type scaled struct{ *scale.Results }

func readScale(results string) (*scaled, error) {
	r, err := scale.Read(filepath.Join(results, scale.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return &scaled{r}, nil
}

// shapeNames are the names of the shapes in tables.
var shapeNames = map[string]string{"one-room": "one room", "rooms-of-10": "rooms of 10", "rooms-of-Zipf-sizes": "rooms of Zipf sizes"}

// sinkNames are the names of the sinks in tables.
var sinkNames = map[string]string{scale.Null: "null", scale.Spins: "spins 1 µs"}

// scaleLoad is a shape and a sink with a number of members.
type scaleLoad struct {
	shape, sink string
	members     int
}

// loads returns the measured combinations of shape, sink and members, in a fixed order.
func (s *scaled) loads() (all []scaleLoad) {
	for _, shape := range scale.Shapes {
		for _, sink := range []string{scale.Null, scale.Spins} {
			for _, members := range s.sizes(scale.Throughput(shape, sink)) {
				all = append(all, scaleLoad{shape, sink, members})
			}
		}
	}
	return all
}

// sizes returns the numbers of members of a benchmark's runs, in ascending order.
func (s *scaled) sizes(benchmark string) (all []int) {
	for _, r := range s.Runs {
		if r.Benchmark == benchmark && !slices.Contains(all, r.Members) {
			all = append(all, r.Members)
		}
	}
	slices.Sort(all)
	return all
}

// values returns the values of a benchmark's runs in one unit. Those of processes that ran together are added up.
func (s *scaled) values(benchmark string, members, cores, processes int, of func(scale.Run) float64) (all []float64) {
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

func inUnit(unit string) func(scale.Run) float64 {
	return func(r scale.Run) float64 { return r.Values[unit] }
}

// perSecond returns the deliveries per second of a run.
func deliveriesPerSecond(r scale.Run) float64 { return 1e9 / r.Values["ns/delivery"] }

// spreadText returns the spread of values, or a dash if there are none.
func spreadText(values []float64) string {
	if len(values) == 0 {
		return noFigure
	}
	return spread.Of(values).String()
}

// ratios divides the values of repeats by each other.
func ratios(a, b []float64) (all []float64) {
	for i := range min(len(a), len(b)) {
		all = append(all, a[i]/b[i])
	}
	return all
}

func (l scaleLoad) benchmark() string { return scale.Throughput(l.shape, l.sink) }

// toProcesses returns the throughput of two cores in one process, divided by that of two processes, per repeat.
func (s *scaled) toProcesses(l scaleLoad) []float64 {
	return ratios(s.values(l.benchmark(), l.members, 2, 1, deliveriesPerSecond), s.values(l.benchmark(), l.members, 1, 2, deliveriesPerSecond))
}
