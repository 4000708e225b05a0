package load

import (
	"math"
	"slices"
	"time"

	"plenum/bench/latency"
	"plenum/bench/sequence"
)

// StageCounts are the counts of one stage of a plan: of the messages that were due in it, whenever
// they were sent and received.
type StageCounts struct {
	Sent      uint64            `json:"sent"`      // messages
	NotSent   uint64            `json:"not_sent"`  // messages that were refused or unsent
	Expected  uint64            `json:"expected"`  // deliveries that the members must have received
	Delivered uint64            `json:"delivered"` // deliveries, without duplicates
	Delivery  latency.Histogram `json:"delivery"`
}

func newStageCounts(n int) []StageCounts {
	counts := make([]StageCounts, n)
	for i := range counts {
		counts[i].Delivery = latency.NewHistogram()
	}
	return counts
}

// mergeStages adds the counts of each stage of other to those of into.
func mergeStages(into, other []StageCounts) {
	for i := range other {
		of := &other[i]
		into[i].Sent += of.Sent
		into[i].NotSent += of.NotSent
		into[i].Expected += of.Expected
		into[i].Delivered += of.Delivered
		into[i].Delivery.Merge(of.Delivery)
	}
}

// Lost returns the deliveries that have not arrived.
func (s *StageCounts) Lost() uint64 { return s.Expected - min(s.Expected, s.Delivered) }

// Bounds returns when each stage of a run that began at start begins, in microseconds of the
// clock, and math.MaxInt64 after the last one. It is nil for a plan without stages.
//
// Texts carry their due time in whole microseconds. So a message belongs to the last stage whose
// bound is not above its due time in whole microseconds.
func (p *Plan) Bounds(start int64) (bounds []int64) {
	if len(p.Stages) == 0 {
		return nil
	}
	at := start + int64(p.Warmup)
	for _, s := range p.Stages {
		bounds = append(bounds, at/int64(time.Microsecond))
		at += int64(s.Length)
	}
	return append(bounds, math.MaxInt64)
}

// stageAt returns the index of the stage in which a message was due, or -1 for the warm-up. due is
// in microseconds.
func stageAt(bounds []int64, due int64) int {
	i, found := slices.BinarySearch(bounds, due)
	if found {
		return i
	}
	return i - 1
}

// stageHits returns the first hit of each stage of a run that began at start, followed by the number of
// all hits.
func (p *Plan) stageHits(start int64) (first []int) {
	bounds := p.Bounds(start)
	schedule, all := p.schedule(start), p.hits()
	for _, at := range bounds[:max(1, len(bounds))-1] {
		first = append(first, schedule.Hits(time.Duration(at*int64(time.Microsecond)-start)))
	}
	return append(first, all)
}

// stage counts a delivery in the stage of its message. The message was due at due, in microseconds, and
// was received at at, in nanoseconds. The latency is recorded if the delivery is sampled.
func (ln *lane) stage(bounds []int64, due, at int64, sampled bool) {
	k := ln.lastStage
	if len(bounds) == 0 {
		return // before the run
	}
	if due < bounds[k] || due >= bounds[k+1] {
		if k = stageAt(bounds, due); k < 0 {
			return
		}
		ln.lastStage = k
	}
	counts := &ln.stages[k]
	counts.Delivered++
	if sampled {
		counts.Delivery.Record(at/int64(time.Microsecond) - due)
	}
}

// expectOf adds to each stage the deliveries that member m must have received in one stream. These are
// the messages from number from to number sent, and also those from the first to the last one that it
// received. If the member has left, the messages after the last one that it received do not count.
func (p *Outcome) expectOf(l *Load, m *member, t *sequence.Track, stream int, from, sent uint64) {
	if t.First > 0 {
		p.expect(l, stream, min(from, t.First), t.Last)
	}
	if !m.leaving.Load() {
		p.expect(l, stream, max(from, t.Last+1), sent)
	}
}

// expect adds to each stage the deliveries of one stream to one member, of the numbers from first
// to last.
func (p *Outcome) expect(l *Load, stream int, first, last uint64) {
	for k := range p.Stages {
		begin := l.all.number(stream, l.plan.hitOf(stream, l.stageHits[k]))
		end := l.all.number(stream, l.plan.hitOf(stream, l.stageHits[k+1]))
		low, high := max(begin, first), min(end, last+1)
		p.Stages[k].Expected += max(high, low) - low
	}
}
