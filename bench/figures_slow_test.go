//go:build figures

package bench

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/codec/frame"
)

const (
	slowRooms   = 10
	slowMembers = 1_000 // of each room
	slowStalled = 100   // of each room, its last
	slowRate    = 100   // messages a second in each room
	slowText    = 512
	slowTime    = 60 * time.Second
	slowLag     = 1 << 20
)

// stalledRooms is rooms a tenth of whose members stop reading. The slices' elements
// belong to the member's loop until the pool is shut down.
type stalledRooms struct {
	heard []roomHeard
	ends  []End
	ended atomic.Uint64
}

func (r *stalledRooms) message(c *Client, _ frame.Opcode, payload []byte) {
	r.heard[c.Tag()].message(payload)
}

func (r *stalledRooms) closed(c *Client, end End) {
	r.ends[c.Tag()] = end
	r.ended.Add(1)
}

func isStalled(tag int) bool { return tag%slowMembers >= slowMembers-slowStalled }

func TestFigureSlowMembersAreClosed(t *testing.T) {
	r, s := figureSlow(t, "close", func(r *stalledRooms, s *server) bool { return r.ended.Load() == slowRooms*slowStalled })
	codes := map[string]int{}
	for tag, end := range r.ends {
		if isStalled(tag) {
			codes[fmt.Sprint(end.Code, " ", end.Reason)]++
		}
	}
	t.Logf("figure: the stalled members ended: %v", codes)
	assert.Equal(t, map[string]int{"1013 Too slow": slowRooms * slowStalled}, codes)
	assert.Equal(t, slowRooms*slowStalled, s.metric(t, "plenum_evictions_total"))
	assert.Equal(t, slowRooms*slowStalled, s.metric(t, `plenum_closed_total{code="1013"}`))
	assert.Zero(t, s.metric(t, "plenum_gaps_total"))
}

func TestFigureSlowMembersSkip(t *testing.T) {
	r, s := figureSlow(t, "skip", func(r *stalledRooms, s *server) bool {
		return r.ended.Load() == 0 && s.metric(t, "plenum_gaps_total") >= slowRooms*slowStalled
	})
	var gaps, missed uint64
	for tag := range r.heard {
		gaps, missed = gaps+r.heard[tag].gaps, missed+r.heard[tag].missed
		assert.EqualValues(t, slowRate*slowTime/time.Second, r.heard[tag].Last, "member %d", tag)
	}
	t.Logf("figure: %d gaps of %d messages in all", gaps, missed)
	assert.EqualValues(t, gaps, s.metric(t, "plenum_gaps_total"))
	assert.EqualValues(t, missed, s.metric(t, "plenum_gap_messages_total"))
	assert.Zero(t, s.metric(t, "plenum_evictions_total"))
}

// figureSlow stalls a tenth of the members for slowTime, and has them read again until
// settled.
func figureSlow(t *testing.T, policy string, settled func(*stalledRooms, *server) bool) (*stalledRooms, *server) {
	const members = slowRooms * slowMembers
	s := startServer(t, "PLENUM_SLOW_POLICY="+policy, fmt.Sprint("PLENUM_SLOW_LAG=", slowLag), "PLENUM_PING_PERIOD=0s", "PLENUM_ANNOUNCE_LIMIT=-1")
	r := &stalledRooms{heard: make([]roomHeard, members), ends: make([]End, members)}
	pool := newPool(t, Config{OnMessage: r.message, OnClose: r.closed, ReceiveBuffer: 64 << 10})
	clients := fill(t, s, pool, members, slowMembers)
	base := s.settledRSS(t)
	for tag, c := range clients {
		if isStalled(tag) {
			require.NoError(t, c.Pause())
		}
	}
	grown := publishToAll(t, s, clients) - base
	log := slowRooms * (slowLag + 2*largestBlock)
	t.Logf("figure: %d of %d members stalled for %s at %d messages/s of %d bytes: RSS grew by %.1f MiB; the logs may hold %.1f MiB",
		slowRooms*slowStalled, members, slowTime, slowRooms*slowRate, slowText, mebibytes(grown), mebibytes(log))
	assert.LessOrEqual(t, grown, log+5<<20)

	for tag, c := range clients {
		if isStalled(tag) {
			_ = c.Resume() // one that has ended says so
		}
	}
	eventually(t, time.Minute, func() bool { return settled(r, s) }, func() string { return fmt.Sprintf("%d ended", r.ended.Load()) })
	awaitQuiet(t, pool)
	published, open := s.metric(t, "plenum_published_messages_total"), pool.Stats().Open
	assert.EqualValues(t, open, s.metric(t, "plenum_connections"))
	assert.EqualValues(t, members-int(r.ended.Load()), open)
	pool.Shutdown()
	const sent = slowRate * int(slowTime/time.Second)
	assert.Equal(t, slowRooms*sent, published)
	for tag := range r.heard {
		l := &r.heard[tag]
		require.True(t, l.whole(), "member %d: %+v", tag, l)
		require.True(t, isStalled(tag) || l.Received == uint64(sent), "healthy member %d: %+v", tag, l)
	}
	return r, s
}

// largestBlock is the largest piece that a room's log grows by, in bytes.
const largestBlock = 256 << 10

// publishToAll has the first member of each room send for slowTime, and returns the
// server's largest RSS.
func publishToAll(t *testing.T, s *server, clients []*Client) (most int) {
	text := []byte(strings.Repeat("x", slowText))
	ticker := time.NewTicker(time.Second / slowRate)
	defer ticker.Stop()
	for n := range slowRate * int(slowTime/time.Second) {
		<-ticker.C
		for room := range slowRooms {
			require.NoError(t, clients[room*slowMembers].Send(text))
		}
		if n%slowRate == 0 {
			most = max(most, s.rss(t))
		}
	}
	return max(most, s.rss(t))
}
