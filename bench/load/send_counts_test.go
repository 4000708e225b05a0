package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
	"plenum/bench/sequence"
)

// The reference is slow and simple: it assigns the numbers one by one.
func TestTheNumberOfAHitAgreesWithAListOfAllHits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.SliceOf(rapid.Bool()).Draw(t, "sent")
		a := NewSendCounts(2)
		var want []uint64 // by hit
		for _, ok := range sent {
			want = append(want, a.Sent[1]+1)
			if !ok {
				a.skip(1)
				continue
			}
			a.Sent[1]++
		}
		for i, number := range append(want, a.Sent[1]+1) {
			assert.Equal(t, number, a.number(1, uint64(i+1)), "hit %d", i+1)
		}
		assert.EqualValues(t, 5, a.number(0, 5), "of another stream")
	})
}

// Of 12 messages, due once per second from second 0 on, those of seconds 4 to 6 were not sent.
// So number 5 was due at second 7.
func TestAJoiningMemberMustReceiveMessagesSentAfterItHasSettled(t *testing.T) {
	all := NewSendCounts(1)
	for second := range 12 {
		if second >= 4 && second <= 6 {
			all.skip(0)
			continue
		}
		all.Sent[0]++
	}
	start := int64(time.Hour)
	for name, c := range map[string]struct {
		joined  time.Duration
		seen    []uint64
		lost    uint64
		missing uint64
	}{
		"received all":                {joined: 3500 * time.Millisecond, seen: []uint64{5, 6, 7, 8, 9}},
		"received its first too late": {joined: 3500 * time.Millisecond, seen: []uint64{6, 7, 8, 9}, lost: 1},
		"received nothing":            {joined: 3500 * time.Millisecond, missing: 5},
		"must receive the last one":   {joined: 8500 * time.Millisecond, missing: 1},
	} {
		l := &Load{plan: &Plan{Sizes: []int{2}, Senders: 1, Rate: 1}, began: start, all: all}
		var tr sequence.Track
		for _, n := range c.seen {
			tr.Add(n)
		}
		var p Outcome
		p.track(l, &member{joined: start + int64(c.joined)}, &tr, 0, all.Sent[0])
		assert.Equal(t, c.lost, p.Flaws.Lost, name)
		assert.Equal(t, c.missing, p.Missing, name)
	}
}
