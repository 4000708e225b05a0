//go:build figures

package servertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

// TestFigureResume closes a member's connection repeatedly for 2 s, in a room with 100 messages
// per second. The member resumes, and must receive every message once, or a gap for it.
func TestFigureResume(t *testing.T) {
	t.Run("all missed messages are retained", func(t *testing.T) {
		record := resumed(t, "PLENUM_HISTORY_MESSAGES=1000")
		assert.Zero(t, record.gaps)
	})
	t.Run("some missed messages are not retained", func(t *testing.T) {
		record := resumed(t)
		assert.Positive(t, record.gaps)
	})
}

func resumed(t *testing.T, env ...string) roomRecord {
	const cuts, away = 10, 2 * time.Second
	s := startServer(t, append(env, "PLENUM_ANNOUNCE_LIMIT=-1")...)
	s.post(t, "a", "the first")
	epoch := s.epochOf(t, "a")
	ctx, stop := context.WithCancel(t.Context())
	last := s.postAlways(ctx, t, "a", 100)

	var record roomRecord // owned by the client's loop, and by the test while no client is connected
	var at atomic.Uint64
	pool := newPool(t, wsclient.Config{OnMessage: func(_ *wsclient.Client, _ frame.Opcode, payload []byte) {
		record.message(payload)
		at.Store(record.Last)
	}})
	connect := func() *wsclient.Client {
		c, err := pool.Dial(t.Context(), fmt.Sprintf("%s/ws/chat/a?since=%s:%d", s.ws, epoch, record.Last), 0)
		require.NoError(t, err)
		return c
	}
	begin := time.Now()
	for range cuts {
		c := connect()
		time.Sleep(time.Second)
		empty(t, pool, []*wsclient.Client{c})
		time.Sleep(away)
	}
	c := connect()
	stop()
	end := <-last
	eventually(t, time.Minute, func() bool { return at.Load() >= end }, func() string { return fmt.Sprint(at.Load(), " of ", end) })
	empty(t, pool, []*wsclient.Client{c})
	t.Logf("figure: %d messages in %.0f s, the connection closed %d times for %s: %d received, %d gaps of %d messages, %d lost, %d duplicated, %d out of order",
		end, time.Since(begin).Seconds(), cuts, away, record.Received, record.gaps, record.missed, record.Lost, record.Duplicated, record.OutOfOrder)
	assert.True(t, record.whole(), "%+v", record)
	assert.EqualValues(t, 1, record.First)
	return record
}

// postAlways posts rate messages per second until ctx ends, then sends the last seq on the
// channel.
func (s *server) postAlways(ctx context.Context, t *testing.T, room string, rate int) <-chan uint64 {
	last := make(chan uint64, 1)
	go func() {
		ticker := time.NewTicker(time.Second / time.Duration(rate))
		defer ticker.Stop()
		for seq := uint64(0); ; {
			select {
			case <-ctx.Done():
				last <- seq
				return
			case <-ticker.C:
				seq = s.post(t, room, "hello")
			}
		}
	}()
	return last
}

// epochOf returns the epoch of a room.
func (s *server) epochOf(t *testing.T, room string) string {
	response, err := http.Get(s.url + "/api/rooms/" + room)
	require.NoError(t, err)
	defer response.Body.Close()
	var info struct{ Epoch string }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&info))
	return info.Epoch
}

// TestFigureRooms measures the memory of a further room of a connection.
func TestFigureRooms(t *testing.T) {
	const connections, each, limit = 500, 100, 64
	s := startServer(t, "PLENUM_ANNOUNCE_LIMIT=-1")
	pool := newPool(t, wsclient.Config{})
	clients, err := pool.DialAll(t.Context(), connections, dialers, func(int) string { return s.ws + "/ws" })
	require.NoError(t, err)
	join := func(from, to int) {
		for _, c := range clients {
			for i := from; i < to; i++ {
				require.NoError(t, c.Send([]byte(fmt.Sprintf(`{"type":"join","room":"room%d"}`, i))))
			}
		}
		eventually(t, time.Minute, func() bool { return s.metric(t, "plenum_members") == connections*to }, func() string { return fmt.Sprint(s.metric(t, "plenum_members")) })
	}
	join(0, 1)
	before := s.heap(t)
	join(1, each)
	after := s.heap(t)
	t.Logf("figure: %d connections in %d rooms each: %.1f bytes of live heap per room and connection", connections, each, float64(after-before)/(connections*(each-1)))
	assert.LessOrEqual(t, float64(after-before)/(connections*(each-1)), float64(limit))
	s.requireConsistent(t)
}

// TestFigurePresence counts the announcements that members of a room receive while thousands
// of members join.
func TestFigurePresence(t *testing.T) {
	const members, within, most = 10_000, 5 * time.Second, 10
	s := startServer(t)
	counts := make([]int, members)
	pool := newPool(t, wsclient.Config{Loops: 1, OnMessage: func(c *wsclient.Client, _ frame.Opcode, payload []byte) {
		if strings.HasPrefix(string(payload), `{"sender":"System"`) {
			counts[c.Tag()]++
		}
	}})
	begin := time.Now()
	_, err := pool.DialAll(t.Context(), members, dialers, func(i int) string { return fmt.Sprintf("%s/ws/chat/a?username=m%d", s.ws, i) })
	require.NoError(t, err)
	took := time.Since(begin)
	awaitQuiet(t, pool)
	pool.Shutdown() // from now on the test owns counts
	worst, sum := 0, 0
	for _, n := range counts {
		worst, sum = max(worst, n), sum+n
	}
	t.Logf("figure: %d joined one room within %.2f s: at most %d announcements each, %.1f on average", members, took.Seconds(), worst, float64(sum)/members)
	assert.LessOrEqual(t, took, within)
	assert.LessOrEqual(t, worst, most)
}
