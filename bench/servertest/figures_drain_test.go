//go:build figures

package servertest

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

// drainRecord records how members were closed. Each of sequences belongs to its member's loop.
type drainRecord struct {
	sequences []sequence.Sequence

	mu    sync.Mutex
	codes map[int]int
	gone  map[int]bool
	left  []time.Time // when each was closed
	back  []time.Time // when each is to reconnect
}

func (f *drainRecord) message(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	f.sequences[c.Tag()].Message(payload)
}

func (f *drainRecord) closed(c *wsclient.Client, end wsclient.End) {
	now := time.Now()
	var retry int
	_, _ = fmt.Sscanf(end.Reason, "Restarting; retry in %d ms", &retry)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.codes[end.Code]++
	f.gone[c.Tag()] = true
	f.left = append(f.left, now)
	f.back = append(f.back, now.Add(time.Duration(retry)*time.Millisecond))
}

// openMember returns a member of the room that has not been closed, or nil.
func (f *drainRecord) openMember(clients []*wsclient.Client, room, size int) *wsclient.Client {
	f.mu.Lock()
	defer f.mu.Unlock()
	for tag := room * size; tag < (room+1)*size; tag++ {
		if !f.gone[tag] {
			return clients[tag]
		}
	}
	return nil
}

// busiest returns the number of times in the second with the most of them, and the mean of the
// seconds with at least one.
func busiest(times []time.Time) (most int, mean float64) {
	slices.SortFunc(times, time.Time.Compare)
	seconds := map[int]int{}
	for _, at := range times {
		seconds[int(at.Sub(times[0])/time.Second)]++
	}
	for _, n := range seconds {
		most = max(most, n)
	}
	return most, float64(len(times)) / float64(len(seconds))
}

func TestFigureDrain(t *testing.T) {
	const n, size, room = 10_000, 100, 0
	s := startServer(t, "PLENUM_ANNOUNCE_LIMIT=-1")
	f := &drainRecord{sequences: make([]sequence.Sequence, n), codes: map[int]int{}, gone: map[int]bool{}}
	pool := newPool(t, wsclient.Config{OnMessage: f.message, OnClose: f.closed})
	clients := fill(t, s, pool, n, size)
	require.NoError(t, syscall.Kill(int(s.process), syscall.SIGTERM))
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	sent := 0
	for c := f.openMember(clients, room, size); c != nil; c = f.openMember(clients, room, size) {
		if c.Send([]byte("while draining")) == nil {
			sent++
		}
		<-ticker.C
	}
	eventually(t, 20*time.Second, func() bool { return pool.Stats().Open == 0 }, func() string { return fmt.Sprintf("%+v", pool.Stats()) })
	pool.Shutdown()

	assert.Equal(t, map[int]int{1012: n}, f.codes)
	leaving, meanLeaving := busiest(f.left)
	coming, meanComing := busiest(f.back)
	t.Logf("figure: drain of %d connections: codes %v; closed over %.1f s, %d in the busiest second (mean %.0f); asked to reconnect over %.1f s, %d in the busiest (mean %.0f)",
		n, f.codes, f.left[n-1].Sub(f.left[0]).Seconds(), leaving, meanLeaving, f.back[n-1].Sub(f.back[0]).Seconds(), coming, meanComing)
	assert.Less(t, float64(leaving), 2*meanLeaving)
	assert.Less(t, float64(coming), 2*meanComing)

	reached := uint64(0)
	for tag := room * size; tag < (room+1)*size; tag++ {
		seq := f.sequences[tag]
		assert.Equal(t, seq.Last, seq.Received, "member %d missed messages before it was closed: %+v", tag, seq)
		reached = max(reached, seq.Last)
	}
	t.Logf("figure: %d messages were sent meanwhile, the last member received %d", sent, reached)
	assert.Greater(t, reached, uint64(sent*9/10), "some messages were sent after the last member was closed")
}
