//go:build figures

package servertest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/clock"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

const (
	slowRooms   = 10
	slowMembers = 1_000 // per room
	slowStalled = 100   // per room, its last members
	slowRate    = 100   // messages per second in each room
	slowText    = 512
	slowTime    = 60 * time.Second
	slowLag     = 1 << 20
	slowSample  = 50 // the latencies of one in this many members are kept
	slowStamp   = 20 // digits of the send time at the beginning of a text
)

// stalledRooms are rooms in which a tenth of the members stop reading. The elements of the slices
// belong to their members' loops until the pool is shut down.
type stalledRooms struct {
	records []roomRecord
	took    [][]int64 // of some healthy members: the latency of each message in nanoseconds
	ends    []wsclient.End
	ended   atomic.Uint64
}

func (r *stalledRooms) message(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	r.records[c.Tag()].message(payload)
	if c.Tag()%slowSample != 1 || isStalled(c.Tag()) {
		return
	}
	_, text, _ := bytes.Cut(payload, []byte(`"text":"`))
	if sent, err := strconv.ParseInt(string(text[:min(slowStamp, len(text))]), 10, 64); err == nil {
		r.took[c.Tag()] = append(r.took[c.Tag()], c.ReadAt()-sent)
	}
}

// p99 returns the p99 latency of the sampled healthy members.
func (r *stalledRooms) p99() time.Duration {
	all := slices.Sorted(slices.Values(slices.Concat(r.took...)))
	return time.Duration(all[len(all)*99/100])
}

func (r *stalledRooms) closed(c *wsclient.Client, end wsclient.End) {
	r.ends[c.Tag()] = end
	r.ended.Add(1)
}

func isStalled(tag int) bool { return tag%slowMembers >= slowMembers-slowStalled }

func TestFigureSlowMembers(t *testing.T) {
	var alone time.Duration
	t.Run("none", func(t *testing.T) {
		r, _ := figureSlow(t, "close", false, func(r *stalledRooms, _ *server) bool { return true })
		alone = r.p99()
	})
	t.Run("close", func(t *testing.T) { figureSlowAreClosed(t, alone) })
	t.Run("skip", func(t *testing.T) { figureSlowSkip(t, alone) })
}

// isNoSlower checks that the healthy members' p99 is at most 1.2 times alone, the p99 without stalled
// members.
func (r *stalledRooms) isNoSlower(t *testing.T, alone time.Duration) {
	t.Helper()
	t.Logf("figure: the healthy members' p99 is %s, %.2f times the %s without stalled members", r.p99(), r.p99().Seconds()/alone.Seconds(), alone)
	assert.LessOrEqual(t, r.p99().Seconds(), alone.Seconds()*1.2)
}

func figureSlowAreClosed(t *testing.T, alone time.Duration) {
	r, s := figureSlow(t, "close", true, func(r *stalledRooms, s *server) bool { return r.ended.Load() == slowRooms*slowStalled })
	r.isNoSlower(t, alone)
	codes := map[string]int{}
	for tag, end := range r.ends {
		if isStalled(tag) {
			codes[fmt.Sprint(end.Code, " ", end.Reason)]++
		}
	}
	t.Logf("figure: the stalled members were closed with %v", codes)
	assert.Equal(t, map[string]int{"1013 Too slow": slowRooms * slowStalled}, codes)
	assert.Equal(t, slowRooms*slowStalled, s.metric(t, "plenum_evictions_total"))
	assert.Equal(t, slowRooms*slowStalled, s.metric(t, `plenum_closed_total{code="1013"}`))
	assert.Zero(t, s.metric(t, "plenum_gaps_total"))
}

func figureSlowSkip(t *testing.T, alone time.Duration) {
	r, s := figureSlow(t, "skip", true, func(r *stalledRooms, s *server) bool {
		return r.ended.Load() == 0 && s.metric(t, "plenum_gaps_total") >= slowRooms*slowStalled
	})
	r.isNoSlower(t, alone)
	var gaps, missed uint64
	for tag := range r.records {
		gaps, missed = gaps+r.records[tag].gaps, missed+r.records[tag].missed
		assert.EqualValues(t, slowRate*slowTime/time.Second, r.records[tag].Last, "member %d", tag)
	}
	t.Logf("figure: %d gaps of %d messages in all", gaps, missed)
	assert.EqualValues(t, gaps, s.metric(t, "plenum_gaps_total"))
	assert.EqualValues(t, missed, s.metric(t, "plenum_gap_messages_total"))
	assert.Zero(t, s.metric(t, "plenum_evictions_total"))
}

// figureSlow publishes for slowTime. If stall is true, a tenth of the members do not read
// meanwhile. Afterwards they read again, and figureSlow waits until settled returns true. Pings are
// off, because a stalled member does not answer them.
func figureSlow(t *testing.T, policy string, stall bool, settled func(*stalledRooms, *server) bool) (*stalledRooms, *server) {
	const members = slowRooms * slowMembers
	s := startServer(t, "PLENUM_SLOW_POLICY="+policy, fmt.Sprint("PLENUM_SLOW_LAG=", slowLag), "PLENUM_PING_PERIOD=0s", "PLENUM_ANNOUNCE_LIMIT=-1")
	r := &stalledRooms{records: make([]roomRecord, members), took: make([][]int64, members), ends: make([]wsclient.End, members)}
	pool := newPool(t, wsclient.Config{OnMessage: r.message, OnClose: r.closed, ReceiveBuffer: 64 << 10})
	clients := fill(t, s, pool, members, slowMembers)
	base := s.settledRSS(t)
	for tag, c := range clients {
		if stall && isStalled(tag) {
			require.NoError(t, c.Pause())
		}
	}
	grown := publishToAll(t, s, clients) - base
	log := slowRooms * (slowLag + 2*largestBlock)
	stalled := 0
	if stall {
		stalled = slowRooms * slowStalled
	}
	t.Logf("figure: %d of %d members stalled for %s at %d messages/s of %d bytes: RSS grew by %.1f MiB; the logs may hold %.1f MiB",
		stalled, members, slowTime, slowRooms*slowRate, slowText, mebibytes(grown), mebibytes(log))
	assert.LessOrEqual(t, grown, log+5<<20)

	for tag, c := range clients {
		if isStalled(tag) {
			_ = c.Resume() // fails for a member that was closed
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
	for tag := range r.records {
		l := &r.records[tag]
		require.True(t, l.whole(), "member %d: %+v", tag, l)
		require.True(t, isStalled(tag) || l.Received == uint64(sent), "healthy member %d: %+v", tag, l)
	}
	return r, s
}

// largestBlock is the size of the largest chunk of a room's log, in bytes.
const largestBlock = 256 << 10

// publishToAll publishes by the first member of each room for slowTime. It returns the server's
// largest RSS.
func publishToAll(t *testing.T, s *server, clients []*wsclient.Client) (most int) {
	pad := strings.Repeat("x", slowText-slowStamp)
	ticker := time.NewTicker(time.Second / slowRate)
	defer ticker.Stop()
	for n := range slowRate * int(slowTime/time.Second) {
		<-ticker.C
		for room := range slowRooms {
			require.NoError(t, clients[room*slowMembers].Send(fmt.Appendf(nil, "%0*d%s", slowStamp, clock.Monotonic(), pad)))
		}
		if n%slowRate == 0 {
			most = max(most, s.rss(t))
		}
	}
	return max(most, s.rss(t))
}
