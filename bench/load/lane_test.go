package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheBusiestIntervalOfALoopIsFound(t *testing.T) {
	const ms = int64(time.Millisecond)
	for name, c := range map[string]struct {
		batches [][2]int64 // time waiting and time busy, in ms
		want    float64
	}{
		"half of the time":       {[][2]int64{{50, 50}, {50, 50}, {50, 50}, {50, 50}, {50, 50}, {50, 50}}, 0.5},
		"one long batch":         {[][2]int64{{200, 10}, {200, 10}, {400, 260}, {400, 10}}, 1},
		"many short ones":        {[][2]int64{{130, 100}, {0, 100}, {0, 100}, {0, 100}, {0, 100}, {1000, 1}}, 1},
		"the largest of several": {[][2]int64{{0, 300}, {0, 300}, {1000, 1}, {1000, 1}}, 1},
		"a short burst":          {[][2]int64{{300, 1}, {0, 100}, {400, 1}}, 0.2},
	} {
		var ln lane
		now := 1000 * ms
		for _, b := range c.batches {
			now += (b[0] + b[1]) * ms
			ln.busyFor(now, b[1]*ms)
		}
		assert.InDelta(t, c.want, ln.busiest, 0.11, name)
	}
}

// A loop that closes thousands of sockets at once, because the server was killed, is busy for long.
func TestBusyTimeAfterTheFirstEndIsNotCounted(t *testing.T) {
	var ln lane
	ln.busyUntil(intervalTime, intervalTime/10)
	ln.busyUntil(2*intervalTime, intervalTime/10)
	ln.end(2*intervalTime + intervalTime/10)
	ln.end(4 * intervalTime)
	ln.busyUntil(4*intervalTime, 2*intervalTime)
	ln.busyUntil(6*intervalTime, 2*intervalTime)
	assert.Less(t, ln.busiest, 0.3)
}

// The server may have closed a member because the loop was away from its sockets for so long.
func TestBusyTimeBeforeTheFirstEndIsCounted(t *testing.T) {
	var ln lane
	ln.end(3 * intervalTime)
	ln.busyUntil(4*intervalTime, 3*intervalTime)
	assert.EqualValues(t, 1, ln.busiest)
}
