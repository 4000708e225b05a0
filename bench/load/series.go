package load

import (
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
)

// Interval has the figures of one interval of a run. The first interval begins at the end of the warm-up. The last one also
// has the figures of the drain.
type Interval struct {
	Delivery  latency.Histogram `json:"delivery"`   // of the deliveries that arrived in the interval
	Ended     uint64            `json:"ended"`      // connections that the server ended, without slow members
	SlowEnded uint64            `json:"slow_ended"` // slow members that the server ended
}

// ends counts the connections that the server ended in one interval.
type ends struct{ others, slow atomic.Uint64 }

// intervals returns the number of intervals of the run, or 0 if it has no series.
func (p *Plan) intervals() int {
	if p.Every == 0 {
		return 0
	}
	return int((p.Duration + p.Every - 1) / p.Every)
}

// Interval returns the index of the interval in which a time falls. d is the time since the end of the warm-up, in
// nanoseconds. A time before the first interval counts as in the first one, and a time after the last interval as in the last.
func (p *Plan) Interval(d int64) int {
	return min(max(0, int(d/int64(p.Every))), p.intervals()-1)
}

func newRows(n int) (rows []latency.Histogram) {
	for range n {
		rows = append(rows, latency.NewHistogram())
	}
	return rows
}

// endsNow calls do with the counters of the current interval. It does nothing without a series, or before the run.
func (l *Load) endsNow(do func(at *ends)) {
	if from := l.recv.from.Load(); from > 0 && l.plan.Every > 0 {
		do(&l.ends[l.plan.Interval(clock.Monotonic()-from*int64(time.Microsecond))])
	}
}

// series adds the intervals of l to the outcome, without latencies. Those are added lane by lane.
func (p *Outcome) series(l *Load) {
	for i := range l.ends {
		at := &l.ends[i]
		p.Series = append(p.Series, Interval{latency.NewHistogram(), at.others.Load(), at.slow.Load()})
	}
	if l.plan.Every > 0 {
		p.LostOf = make([]uint32, len(p.Due))
	}
}

// lose adds lost deliveries of the messages of a stream with these numbers, both included.
func (p *Outcome) lose(of *Plan, stream int, from, to uint64) {
	if p.LostOf == nil {
		return
	}
	for number := from; number <= to; number++ {
		p.LostOf[stream*of.each()+int(number)-1]++
	}
}

// mergeSeries adds the intervals of another process.
func (p *Outcome) mergeSeries(other *Outcome) {
	for i, row := range other.Series {
		p.Series[i].Delivery.Merge(row.Delivery)
		p.Series[i].Ended += row.Ended
		p.Series[i].SlowEnded += row.SlowEnded
	}
	for i, n := range other.LostOf {
		p.LostOf[i] += n
	}
}

// LostIn returns the lost and missing deliveries of the messages that were due in each interval. A member remembers 64 gaps
// per stream, so a sum may be less than the counts of the whole run.
func (p *Outcome) LostIn(of *Plan) []uint64 {
	lost := make([]uint64, of.intervals())
	from := p.Start + int64(of.Warmup)
	for i, n := range p.LostOf {
		if n > 0 {
			lost[of.Interval(p.Due[i]*int64(time.Microsecond)-from)] += uint64(n)
		}
	}
	return lost
}
