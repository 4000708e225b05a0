package goals

import (
	"fmt"
	"slices"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/scale"
	"plenum/bench/spread"
)

// scaleGoals are the goals for many members without sockets.
var scaleGoals = slices.Concat(throughputGoals(), []goal{
	scaleGoal("no mutex is waited for in more than 2 % of the time", func(s *results.Scaled) (string, string) {
		worst, name := 0.0, ""
		s.Mutexes(func(r scale.Run) {
			for _, unit := range results.LongestWaits(r) {
				if v := r.Values[unit]; v > worst {
					worst, name = v, " ("+results.MutexName(unit)+")"
				}
			}
		})
		return metric.Number(worst) + name, verdict(worst <= 2)
	}),
	scaleMost("a room of 1,000,000: longest hold of its lock while a message is published and written, in the least disturbed message, at most 5 µs", scale.Lock, "ns/longest-hold", aMillionMembers, 2, 5e3),
	scaleMost("longest hold of a timer wheel with 10,000,000 entries, in the least disturbed tick, at most 1 ms", scale.Wheel, "ns/longest-hold", tenMillionMembers, 0, 1e6),
	scaleMost("a page of 100 rooms out of 1,000,000 at most 1 ms", scale.List, "ns/op", aMillionMembers, 0, 1e6),
	scaleGoal("1,000,000 members in rooms of 10: less than 120.3 bytes per member", func(s *results.Scaled) (own, verdict string) {
		bytes := s.Values(scale.Throughput("rooms-of-10", scale.Null), aMillionMembers, 1, 1, results.InUnit("B/member"))
		return results.SpreadText(bytes), byMedian(bytes, func(v float64) bool { return v < 120.3 })
	}),
})

const (
	aMillionMembers   = 1_000_000
	tenMillionMembers = 10_000_000
)

// throughputGoals are goals on two cores compared with two processes of one core each.
func throughputGoals() (all []goal) {
	for _, shape := range scale.Shapes {
		l := results.ScaleLoad{Shape: shape, Sink: scale.Null, Members: aMillionMembers}
		text := fmt.Sprintf("1,000,000 members in %s: throughput of 2 cores at least 0.95 x that of 2 processes", results.ShapeNames[shape])
		all = append(all, scaleGoal(text, func(s *results.Scaled) (own, verdict string) {
			r := s.ToProcesses(l)
			return results.SpreadText(r), byMedian(r, func(v float64) bool { return v >= 0.95 })
		}))
	}
	return all
}

// scaleMost is a goal on a time: at most this number of ns.
func scaleMost(text, benchmark, unit string, members, cores int, most float64) goal {
	return scaleGoal(text, func(s *results.Scaled) (own, verdict string) {
		ns := s.Values(benchmark, members, cores, 1, results.InUnit(unit))
		us := s.Values(benchmark, members, cores, 1, func(r scale.Run) float64 { return r.Values[unit] / 1000 })
		return results.SpreadText(us) + " µs", byMedian(ns, func(v float64) bool { return v <= most })
	})
}

// scaleGoal has no figure if make scale has not run.
func scaleGoal(text string, judge func(*results.Scaled) (own, verdict string)) goal {
	return goal{results.ScalePartName, text, func(d *results.Data) outcome {
		if d.Scale == nil {
			return outcome{verdict: markdown.NotMeasured}
		}
		own, verdict := judge(d.Scale)
		return outcome{own: own, verdict: verdict}
	}}
}

// byMedian is the verdict on the median of values. Without values there is none.
func byMedian(values []float64, holds func(v float64) bool) string {
	if len(values) == 0 {
		return markdown.NotMeasured
	}
	return everyRun(verdict(holds(spread.Of(values).Median)), values, holds)
}
