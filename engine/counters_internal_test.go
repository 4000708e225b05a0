package engine

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

func TestTheCountersOfTwoPollersShareNoCacheLine(t *testing.T) {
	var p pollerCounters
	last := unsafe.Offsetof(p.closed) + unsafe.Sizeof(p.closed)
	assert.GreaterOrEqual(t, unsafe.Sizeof(p)-last, uintptr(64))
}

func TestStatsAreTheExactSumsOfAllPollers(t *testing.T) {
	const conns, rounds = 30, 1000
	e := unstarted(t, Config{Pollers: 3})
	var counting sync.WaitGroup
	for range conns {
		l := pairUp(t, e, &recorder{})
		t.Cleanup(l.end)
		counting.Go(func() {
			for range rounds {
				l.counters().counts[ReceivedBytes].Add(3)
				l.counters().closed.add(1001)
				l.counters().closed.add(3999)
			}
		})
	}
	counting.Wait()
	for i := range e.counters {
		assert.Less(t, e.counters[i].counts[ReceivedBytes].Load(), int64(3*conns*rounds), "each poller counts a part")
	}
	s := e.Stats()
	assert.EqualValues(t, 3*conns*rounds, s.Counts[ReceivedBytes])
	assert.Equal(t, map[int]uint64{1001: conns * rounds, 3000: conns * rounds}, s.Closed)
}
