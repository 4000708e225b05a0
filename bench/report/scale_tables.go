package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/scale"
)

// throughputTable compares one core, two cores, and two processes.
func throughputTable(s *results.Scaled) markdown.Table {
	t := markdown.Table{{"rooms", "members", "sink", "ns per delivery, 1 core", "2 cores", "CPU ns per delivery, 1 core", "2 cores", "throughput of 2 cores to 1", "2 cores to 2 processes of 1 core"}}
	for _, l := range s.Loads() {
		one, two := s.Values(l.Benchmark(), l.Members, 1, 1, results.DeliveriesPerSecond), s.Values(l.Benchmark(), l.Members, 2, 1, results.DeliveriesPerSecond)
		t = append(t, []string{
			results.ShapeNames[l.Shape], metric.Grouped(int64(l.Members)), results.SinkNames[l.Sink],
			results.SpreadText(s.Values(l.Benchmark(), l.Members, 1, 1, results.InUnit("ns/delivery"))),
			results.SpreadText(s.Values(l.Benchmark(), l.Members, 2, 1, results.InUnit("ns/delivery"))),
			results.SpreadText(s.Values(l.Benchmark(), l.Members, 1, 1, results.InUnit("cpu-ns/delivery"))),
			results.SpreadText(s.Values(l.Benchmark(), l.Members, 2, 1, results.InUnit("cpu-ns/delivery"))),
			results.SpreadText(results.Ratios(two, one)), results.SpreadText(s.ToProcesses(l)),
		})
	}
	return t
}

// callsTable has the times of calls and the memory, with null sinks.
func callsTable(s *results.Scaled) markdown.Table {
	t := markdown.Table{{"rooms", "members", "cores", "publish, ns", "join, ns", "leave, ns", "bytes per member"}}
	for _, l := range s.Loads() {
		for _, cores := range []int{1, 2} {
			if l.Sink != scale.Null {
				continue
			}
			row := []string{results.ShapeNames[l.Shape], metric.Grouped(int64(l.Members)), fmt.Sprint(cores)}
			for _, unit := range []string{"ns/publish", "ns/join", "ns/leave", "B/member"} {
				row = append(row, results.SpreadText(s.Values(l.Benchmark(), l.Members, cores, 1, results.InUnit(unit))))
			}
			t = append(t, row)
		}
	}
	return t
}

// holdsTable has the longest holds of locks, and the page of rooms.
func holdsTable(s *results.Scaled) markdown.Table {
	t := markdown.Table{{"what", "members", "µs"}}
	for _, row := range []struct {
		what, benchmark, unit string
		cores                 int
	}{
		{"a call of Publish into one idle room, 1 core", scale.Throughput("one-room", scale.Null), "ns/publish", 1},
		{"hold of the room's lock by a publish, processor time", scale.Lock, "ns/publish-hold", 2},
		{"hold of the room's lock by a flush, processor time, p50", scale.Lock, "ns/hold-p50", 2},
		{"the same, p99", scale.Lock, "ns/hold-p99", 2},
		{"the same, p99.9", scale.Lock, "ns/hold-p99.9", 2},
		{"the longest of all, processor time with interrupts", scale.Lock, "ns/hold-max", 2},
		{"the longest of all, time that passed", scale.Lock, "ns/hold-max-elapsed", 2},
		{"longest hold of the room's lock in a message: the least disturbed message", scale.Lock, "ns/longest-hold", 2},
		{"longest hold of a timer wheel: the least disturbed tick", scale.Wheel, "ns/longest-hold", 0},
		{"longest hold of the table of connections: the least disturbed call", scale.Table, "ns/longest-hold", 0},
		{"a page of 100 rooms, of as many rooms", scale.List, "ns/op", 0},
	} {
		for _, members := range s.Sizes(row.benchmark) {
			us := s.Values(row.benchmark, members, row.cores, 1, func(r scale.Run) float64 { return r.Values[row.unit] / 1000 })
			if slices.ContainsFunc(us, func(v float64) bool { return v > 0 }) { // earlier results have fewer units
				t = append(t, []string{row.what, metric.Grouped(int64(members)), results.SpreadText(us)})
			}
		}
	}
	return t
}

func mutexTable(s *results.Scaled) markdown.Table {
	t := markdown.Table{{"rooms", "members", "waits for mutexes, % of the time", "most of it, by the function that unlocks"}}
	s.Mutexes(func(r scale.Run) {
		var top []string
		for _, unit := range results.LongestWaits(r) {
			top = append(top, fmt.Sprintf("`%s` %s", results.MutexName(unit), metric.Number(r.Values[unit])))
		}
		shape := strings.Split(r.Benchmark, "/")[1]
		t = append(t, []string{results.ShapeNames[shape], metric.Grouped(int64(r.Members)), metric.Number(r.Values["wait%"]), cmp.Or(strings.Join(top, ", "), markdown.NoFigure)})
	})
	return t
}

// scalePart returns the tables of the suite without sockets.
func scalePart(d *results.Data) string {
	s := d.Scale
	if s == nil {
		return ""
	}
	others := 0.0
	for _, r := range s.Runs {
		others = max(others, r.OtherCores)
	}
	e := s.Environment
	about := markdown.Wrapped(fmt.Sprintf("Measured %s UTC in %.0f minutes, on %d cores (%s) with %s GB. Commit: %s. Cores that other processes used: at most %s.",
		s.StartedAt.UTC().Format("2006-01-02 15:04"), s.Seconds/60, e.Cores, e.CPU, metric.Number(float64(e.MemoryBytes)/1e9), cmp.Or(e.Commit, "unknown"), metric.Number(others)), "")
	return markdown.Paragraphs("```sh\nmake scale\n```", about, throughputTable(s).Words(), callsTable(s).Words(), holdsTable(s).Words(), mutexTable(s).Words())
}
