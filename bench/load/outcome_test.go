package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
