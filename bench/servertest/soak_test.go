//go:build soak

package servertest

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

var (
	soakTime = flag.Duration("soak", 10*time.Minute, "duration of the soak test")
	soakSeed = flag.Uint64("seed", 0, "seed of the random actions; 0 means a new one")
)

const (
	soakRooms   = 20
	soakMembers = 1_000 // about this many at a time
	soakLag     = 64 << 10
)

// soak is a server with clients that do random things, right and wrong.
type soak struct {
	t    *testing.T
	s    *server
	pool *wsclient.Pool
	rng  *rand.Rand

	live []*soaked // owned by the test
	tags int

	mu           sync.Mutex
	all          map[int]*soaked // by tag
	faults       []string
	gaps, missed uint64
	last         map[string]uint64 // by room, set at the end: the seq that all members must have received
}

// soaked is one member.
type soaked struct {
	*wsclient.Client
	record roomRecord // owned by the loop
	room   string
	resume time.Time // when it reads again; zero: it reads
	rested time.Time // when it may be paused again, after it has answered a ping
}

func (k *soak) member(tag int) *soaked {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all[tag]
}

func (k *soak) message(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	k.member(c.Tag()).record.message(payload)
}

func (k *soak) closed(c *wsclient.Client, end wsclient.End) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m := k.all[c.Tag()]
	delete(k.all, c.Tag())
	k.gaps += m.record.gaps
	k.missed += m.record.missed
	if end.Code != frame.CloseNormal || !m.record.whole() || m.record.Last < k.last[m.room] {
		k.faults = append(k.faults, fmt.Sprintf("member %d ended with %d %q %v, and had received %+v of %d", c.Tag(), end.Code, end.Reason, end.Err, m.record, k.last[m.room]))
	}
}

// act does one random action.
func (k *soak) act() {
	switch n := k.rng.IntN(100); {
	case n < 55:
		k.publish()
	case n < 65:
		k.join()
	case n < 72:
		k.leave()
	case n < 75:
		k.replay()
	case n < 82:
		k.pause()
	case n < 85:
		k.s.post(k.t, k.room(), "from outside")
	case n < 95:
		k.misbehave()
	default:
		k.kill()
	}
}

func (k *soak) room() string { return fmt.Sprint("room", k.rng.IntN(soakRooms)) }

func (k *soak) join() {
	if len(k.live) >= soakMembers*11/10 {
		return
	}
	k.tags++
	m := &soaked{room: k.room()}
	k.mu.Lock()
	k.all[k.tags] = m
	k.mu.Unlock()
	ctx, cancel := context.WithTimeout(k.t.Context(), time.Minute)
	defer cancel()
	var err error
	m.Client, err = k.pool.Dial(ctx, fmt.Sprintf("%s/ws/chat/%s?username=%s", k.s.ws, m.room, memberName(k.tags)), k.tags)
	require.NoError(k.t, err)
	k.live = append(k.live, m)
}

// pick returns a random member that reads, or nil.
func (k *soak) pick() (i int, m *soaked) {
	for range 20 {
		i = k.rng.IntN(len(k.live))
		if m = k.live[i]; m.resume.IsZero() {
			return i, m
		}
	}
	return 0, nil
}

func (k *soak) leave() {
	i, m := k.pick()
	if m == nil || len(k.live) < soakMembers*9/10 {
		return
	}
	k.live[i] = k.live[len(k.live)-1]
	k.live = k.live[:len(k.live)-1]
	assert.NoError(k.t, m.Close(frame.CloseNormal))
}

// replay has an SSE client read the history of a quiet room, and disconnect. Nobody else publishes
// in quiet rooms, so the client gets no gap that is not counted.
func (k *soak) replay() {
	room := fmt.Sprint("quiet", k.rng.IntN(soakRooms))
	k.s.post(k.t, room, "still here")
	conn := k.raw(fmt.Sprintf("GET /sse/rooms/%s?since=:%d HTTP/1.1\r\nHost: x\r\n\r\n", room, k.rng.IntN(100)))
	if conn == nil {
		return
	}
	_ = conn.SetDeadline(time.Now().Add(50 * time.Millisecond))
	_, _ = conn.Read(make([]byte, k.rng.IntN(100_000)))
	_ = conn.Close()
}

func (k *soak) publish() {
	if _, m := k.pick(); m != nil {
		_ = m.Send([]byte(strings.Repeat("x", k.rng.IntN(8_000)))) // if it has ended, closed has recorded that
	}
}

// pause makes a member stop reading for up to 10 s.
func (k *soak) pause() {
	now := time.Now()
	if _, m := k.pick(); m != nil && now.After(m.rested) && m.Pause() == nil {
		m.resume = now.Add(time.Duration(k.rng.IntN(10_000)) * time.Millisecond)
	}
}

func (k *soak) resume(now time.Time) {
	for _, m := range k.live {
		if !m.resume.IsZero() && now.After(m.resume) {
			_ = m.Resume()
			m.resume, m.rested = time.Time{}, now.Add(10*time.Second)
		}
	}
}

// joinRequest returns the handshake of a client outside the pool.
func joinRequest(room string) string {
	return "GET /ws/chat/" + room + "?username=raw HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
}

// misbehave connects, sends random bytes, and disconnects.
func (k *soak) misbehave() {
	conn := k.raw(joinRequest(k.room()))
	if conn == nil {
		return
	}
	junk := make([]byte, k.rng.IntN(200))
	for i := range junk {
		junk[i] = byte(k.rng.Uint32())
	}
	_, _ = conn.Write(junk)
	_ = conn.Close()
}

// kill connects and resets the connection, during or after the handshake.
func (k *soak) kill() {
	request := joinRequest(fmt.Sprint("new", k.rng.Uint64()))
	if k.rng.IntN(2) == 0 {
		request = request[:k.rng.IntN(len(request))]
	}
	if conn := k.raw(request); conn != nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

func (k *soak) raw(request string) net.Conn {
	conn, err := net.Dial("tcp", strings.TrimPrefix(k.s.url, "http://"))
	if !assert.NoError(k.t, err) {
		return nil
	}
	_, _ = conn.Write([]byte(request))
	return conn
}

func TestSoak(t *testing.T) {
	if *soakSeed == 0 {
		*soakSeed = rand.Uint64()
	}
	t.Logf("seed %d", *soakSeed)
	s := startServer(t, "PLENUM_SLOW_POLICY=skip", fmt.Sprint("PLENUM_SLOW_LAG=", soakLag), "PLENUM_PING_PERIOD=5s", "PLENUM_PING_TIMEOUT=20s", "PLENUM_HISTORY_AGE=10s")
	k := &soak{t: t, s: s, all: map[int]*soaked{}, rng: rand.New(rand.NewPCG(*soakSeed, 0))}
	k.pool = newPool(t, wsclient.Config{OnMessage: k.message, OnClose: k.closed, ReceiveBuffer: 16 << 10})
	k.fillUp()
	k.emptyOut()
	k.awaitForgotten()
	fds, first, live := s.descriptors(t), s.settledRSS(t), s.heap(t)
	k.fillUp()

	began := time.Now()
	for next := began; time.Since(began) < *soakTime && !t.Failed(); {
		k.act()
		if now := time.Now(); now.After(next) {
			k.resume(now)
			k.report(now.Sub(began))
			next = now.Add(time.Second)
		}
	}
	for _, m := range k.live {
		_ = m.Resume()
	}
	awaitQuiet(t, k.pool)
	k.publishLast()
	awaitQuiet(t, k.pool)
	s.requireConsistent(t)
	k.emptyOut()
	k.pool.Shutdown()
	k.awaitForgotten()
	assert.EqualValues(t, k.gaps, s.metric(t, "plenum_gaps_total"))
	assert.EqualValues(t, k.missed, s.metric(t, "plenum_gap_messages_total"))
	assert.Positive(t, k.gaps, "no member was paused for long enough to get a gap")
	s.awaitDescriptors(t, func() bool { return s.descriptors(t) <= fds }, func() string { return fmt.Sprintf("%d descriptors, %d before", s.descriptors(t), fds) })
	last, left := s.settledRSS(t), s.heap(t)
	t.Logf("soak: %d members joined, %d gaps; RSS %.1f MiB at first, %.1f MiB at last, live heap %.1f and %.1f MiB; descriptors back to %d",
		k.tags, k.gaps, mebibytes(first), mebibytes(last), mebibytes(live), mebibytes(left), fds)
	assert.LessOrEqual(t, float64(left), float64(live)*1.25+1<<20)
	if !raced() { // the race detector has memory of its own
		assert.LessOrEqual(t, float64(last), float64(first)*1.25+8<<20)
	}
	assert.Empty(t, k.faults)
}

// publishLast posts to every room a last message, which all members must receive.
func (k *soak) publishLast() {
	last := map[string]uint64{}
	for i := range soakRooms {
		room := fmt.Sprint("room", i)
		last[room] = k.s.post(k.t, room, "the end")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = last
}

func (k *soak) fillUp() {
	for len(k.live) < soakMembers {
		k.join()
	}
}

func (k *soak) emptyOut() {
	for _, m := range k.live {
		_ = m.Close(frame.CloseNormal) // if it has ended, closed has recorded that
	}
	k.live = nil
	eventually(k.t, time.Minute, func() bool { return k.pool.Stats().Open == 0 }, func() string { return fmt.Sprintf("%+v", k.pool.Stats()) })
}

// awaitForgotten waits until no messages are retained in any room.
func (k *soak) awaitForgotten() {
	eventually(k.t, time.Minute, func() bool { return k.s.metric(k.t, "plenum_history_bytes") == 0 },
		func() string { return fmt.Sprint(k.s.metric(k.t, "plenum_history_bytes"), " bytes of history") })
}

// report logs the state once per minute, and checks the server's counters.
func (k *soak) report(passed time.Duration) {
	if int(passed.Seconds())%60 != 59 {
		return
	}
	k.s.requireConsistent(k.t)
	k.t.Logf("soak: %s: %d members, RSS %.1f MiB, %d descriptors", passed.Round(time.Second), len(k.live), mebibytes(k.s.rss(k.t)), k.s.descriptors(k.t))
}
