package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
	"plenum/bench/sequence"
)

// There are 10 messages, due once per second from second 0 on.
func TestMissingAndLostMessagesOfAMemberAreCounted(t *testing.T) {
	const sent = 10
	start := int64(time.Hour)
	joined := func(second float64) int64 { return start + int64(second*float64(time.Second)) }
	for name, c := range map[string]struct {
		first   bool
		joined  int64
		ended   bool
		leaving bool
		seen    []uint64
		lost    uint64
		missing uint64
	}{
		"all":                                 {first: true, seen: []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		"nothing":                             {first: true, missing: 10},
		"nothing, and closed":                 {first: true, ended: true, lost: 10},
		"all but the last two":                {first: true, seen: []uint64{1, 2, 3, 4, 5, 6, 7, 8}, missing: 2},
		"all but the last two, and closed":    {first: true, ended: true, seen: []uint64{1, 2, 3, 4, 5, 6, 7, 8}, lost: 2},
		"left":                                {first: true, leaving: true, seen: []uint64{1, 2, 3}},
		"left and received nothing":           {first: true, leaving: true},
		"joined, received all":                {joined: joined(3.5), seen: []uint64{5, 6, 7, 8, 9, 10}},
		"joined, settled, received all":       {joined: joined(3.5), seen: []uint64{7, 8, 9, 10}}, // 6 is due at 5 s
		"joined, received its first too late": {joined: joined(3.5), seen: []uint64{9, 10}, lost: 2},
		"joined, received nothing":            {joined: joined(3.5), missing: 4},
		"joined, received nothing, and left":  {joined: joined(3.5), leaving: true},
		"joined, first too late, then left":   {joined: joined(3.5), leaving: true, seen: []uint64{8}, lost: 1},
		"joined too late to receive any":      {joined: joined(8.5)},
	} {
		l := &Load{plan: &Plan{Sizes: []int{2}, Senders: 1, Rate: 1}, began: start}
		var tr sequence.Track
		for _, n := range c.seen {
			tr.Add(n)
		}
		m := &member{first: c.first, joined: c.joined, ended: c.ended}
		m.leaving.Store(c.leaving)
		var p Outcome
		p.track(l, m, &tr, 0, sent)
		assert.Equal(t, c.lost, p.Flaws.Lost, name)
		assert.Equal(t, c.missing, p.Missing, name)
	}
}

func TestTheFirstHitAfterATime(t *testing.T) {
	p := &Plan{Sizes: []int{1, 1, 1}, Senders: 1, Rate: 30} // hit i belongs to stream i%3, one hit every 33 ms
	for _, c := range []struct {
		stream int
		after  time.Duration
	}{{0, 0}, {2, 0}, {1, 500 * time.Millisecond}, {2, 501 * time.Millisecond}, {0, 10 * time.Second}} {
		number := p.after(c.stream, c.after)
		hit := func(n uint64) int { return c.stream + int(n-1)*3 }
		schedule := Schedule{Rate: p.Rate}
		assert.Greater(t, schedule.Due(hit(number)), int64(c.after), "%+v", c)
		if number > 1 {
			assert.LessOrEqual(t, schedule.Due(hit(number-1)), int64(c.after), "%+v", c)
		}
	}
}

// So the losses of the stages add up to those of the run.
func TestTheDeliveriesExpectedInStagesAreThoseReceivedLostAndMissing(t *testing.T) {
	start := int64(time.Hour)
	rapid.Check(t, func(t *rapid.T) {
		plan := &Plan{Sizes: []int{2}, Senders: 1, Duration: 20 * time.Second}
		plan.Stages = []Ramp{{Length: 5 * time.Second, From: 2, To: 2}, {Length: 15 * time.Second, From: 2, To: 1}}
		l := &Load{plan: plan, began: start, all: NewSendCounts(1)}
		stages, bounds := make([]StageCounts, 2), plan.Bounds(start)
		var due []int64 // by number
		for hit := range plan.hits() {
			if rapid.IntRange(0, 9).Draw(t, "refused") == 0 {
				l.all.skip(0)
				continue
			}
			l.all.Sent[0]++
			due = append(due, plan.schedule(start).Due(hit)/1000)
		}
		l.stageHits = plan.stageHits(start)
		m := &member{first: rapid.Bool().Draw(t, "first"), ended: rapid.Bool().Draw(t, "ended")}
		if !m.first {
			m.joined = start + rapid.Int64Range(0, 22*second).Draw(t, "joined")
		}
		m.leaving.Store(rapid.Bool().Draw(t, "leaving"))
		var tr sequence.Track
		for i, at := range due {
			if rapid.IntRange(0, 3).Draw(t, "received") == 0 {
				continue
			}
			if m.first && tr.First == 0 {
				tr.FromFirst(uint64(i + 1))
			}
			tr.Add(uint64(i + 1))
			stages[stageAt(bounds, at)].Delivered++
		}
		p := Outcome{Stages: stages}
		p.track(l, m, &tr, 0, l.all.Sent[0])
		assert.Equal(t, tr.Received+p.Flaws.Lost+p.Missing, stages[0].Expected+stages[1].Expected)
		assert.Equal(t, p.Flaws.Lost+p.Missing, stages[0].Lost()+stages[1].Lost())
	})
}
