package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plenum/bench/scale"
)

// throughputTable compares one core, two cores, and two processes.
func (s *scaled) throughputTable() table {
	t := table{{"rooms", "members", "sink", "ns per delivery, 1 core", "2 cores", "CPU ns per delivery, 1 core", "2 cores", "throughput of 2 cores to 1", "2 cores to 2 processes of 1 core"}}
	for _, l := range s.loads() {
		one, two := s.values(l.benchmark(), l.members, 1, 1, deliveriesPerSecond), s.values(l.benchmark(), l.members, 2, 1, deliveriesPerSecond)
		t = append(t, []string{
			shapeNames[l.shape], grouped(int64(l.members)), sinkNames[l.sink],
			spreadText(s.values(l.benchmark(), l.members, 1, 1, inUnit("ns/delivery"))),
			spreadText(s.values(l.benchmark(), l.members, 2, 1, inUnit("ns/delivery"))),
			spreadText(s.values(l.benchmark(), l.members, 1, 1, inUnit("cpu-ns/delivery"))),
			spreadText(s.values(l.benchmark(), l.members, 2, 1, inUnit("cpu-ns/delivery"))),
			spreadText(ratios(two, one)), spreadText(s.toProcesses(l)),
		})
	}
	return t
}

// callsTable has the times of calls and the memory, with null sinks.
func (s *scaled) callsTable() table {
	t := table{{"rooms", "members", "cores", "publish, ns", "join, ns", "leave, ns", "bytes per member"}}
	for _, l := range s.loads() {
		for _, cores := range []int{1, 2} {
			if l.sink != scale.Null {
				continue
			}
			row := []string{shapeNames[l.shape], grouped(int64(l.members)), fmt.Sprint(cores)}
			for _, unit := range []string{"ns/publish", "ns/join", "ns/leave", "B/member"} {
				row = append(row, spreadText(s.values(l.benchmark(), l.members, cores, 1, inUnit(unit))))
			}
			t = append(t, row)
		}
	}
	return t
}

// holdsTable has the longest holds of locks, and the page of rooms.
func (s *scaled) holdsTable() table {
	t := table{{"what", "members", "µs"}}
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
		{"longest hold of the room's lock, per message", scale.Lock, "ns/longest-hold", 2},
		{"longest hold of a timer wheel", scale.Wheel, "ns/longest-hold", 0},
		{"longest hold of the table of connections", scale.Table, "ns/longest-hold", 0},
		{"a page of 100 rooms, of as many rooms", scale.List, "ns/op", 0},
	} {
		for _, members := range s.sizes(row.benchmark) {
			us := s.values(row.benchmark, members, row.cores, 1, func(r scale.Run) float64 { return r.Values[row.unit] / 1000 })
			if slices.ContainsFunc(us, func(v float64) bool { return v > 0 }) { // earlier results have fewer units
				t = append(t, []string{row.what, grouped(int64(members)), spreadText(us)})
			}
		}
	}
	return t
}

// waitPrefix begins the units of waits for one mutex.
const waitPrefix = "wait%:"

// mutexes calls f with each run that has a mutex profile.
func (s *scaled) mutexes(f func(r scale.Run)) {
	for _, r := range s.Runs {
		if r.Mutexes {
			f(r)
		}
	}
}

// longestWaits returns the functions with the most waits in a run, the longest first.
func longestWaits(r scale.Run) (units []string) {
	for unit := range r.Values {
		if strings.HasPrefix(unit, waitPrefix) {
			units = append(units, unit)
		}
	}
	slices.SortFunc(units, func(a, b string) int { return cmp.Or(cmp.Compare(r.Values[b], r.Values[a]), cmp.Compare(a, b)) })
	return units[:min(len(units), 3)]
}

// mutexName returns the function of a unit.
func mutexName(unit string) string {
	return strings.TrimPrefix(strings.TrimPrefix(unit, waitPrefix), "plenum/")
}

func (s *scaled) mutexTable() table {
	t := table{{"rooms", "members", "waits for mutexes, % of the time", "most of it, by the function that unlocks"}}
	s.mutexes(func(r scale.Run) {
		var top []string
		for _, unit := range longestWaits(r) {
			top = append(top, fmt.Sprintf("`%s` %s", mutexName(unit), number(r.Values[unit])))
		}
		shape := strings.Split(r.Benchmark, "/")[1]
		t = append(t, []string{shapeNames[shape], grouped(int64(r.Members)), number(r.Values["wait%"]), cmp.Or(strings.Join(top, ", "), noFigure)})
	})
	return t
}

// scalePart returns the tables of the suite without sockets.
func scalePart(d *data) string {
	s := d.scale
	if s == nil {
		return ""
	}
	others := 0.0
	for _, r := range s.Runs {
		others = max(others, r.OtherCores)
	}
	e := s.Environment
	about := wrapped(fmt.Sprintf("Measured %s UTC in %.0f minutes, on %d cores (%s) with %s GB. Commit: %s. Cores that other processes used: at most %s.",
		s.StartedAt.UTC().Format("2006-01-02 15:04"), s.Seconds/60, e.Cores, e.CPU, number(float64(e.MemoryBytes)/1e9), cmp.Or(e.Commit, "unknown"), number(others)), "")
	return paragraphs("```sh\nmake scale\n```", about, s.throughputTable().words(), s.callsTable().words(), s.holdsTable().words(), s.mutexTable().words())
}
