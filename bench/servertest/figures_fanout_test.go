//go:build figures

package servertest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

const (
	fanMembers  = 1_000
	fanSenders  = 4
	fanSeconds  = 10
	fanText     = 128
	fanSampled  = 50 // the latencies of one in this many members are kept
	stampDigits = 19
)

// stampAt is the offset of the text within a member's message.
var stampAt = len(`{"sender":"` + memberName(0) + `","text":"`)

// fan is one room under load. The elements of the slices belong to their members' loops until
// the pool is shut down.
type fan struct {
	start     time.Time
	sequences []sequence.Sequence
	latencies [][]time.Duration
}

func newFan(messages int) *fan {
	f := &fan{
		start:     time.Now(),
		sequences: make([]sequence.Sequence, fanMembers),
		latencies: make([][]time.Duration, fanMembers),
	}
	for i := 0; i < fanMembers; i += fanSampled {
		f.latencies[i] = make([]time.Duration, 0, messages)
	}
	return f
}

func (f *fan) message(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	tag := c.Tag()
	f.sequences[tag].Message(payload)
	if tag%fanSampled != 0 {
		return
	}
	if sent, ok := stampOf(payload); ok {
		f.latencies[tag] = append(f.latencies[tag], time.Since(f.start)-sent)
	}
}

// stampOf reads the intended send time at the beginning of a text.
func stampOf(payload []byte) (time.Duration, bool) {
	if len(payload) < stampAt+stampDigits {
		return 0, false
	}
	n, err := strconv.ParseInt(string(payload[stampAt:stampAt+stampDigits]), 10, 64)
	return time.Duration(n), err == nil
}

// publish sends n texts at rate, by an open-loop schedule. Each text carries its intended send
// time. publish returns the longest delay of a send.
func (f *fan) publish(t testing.TB, senders []*wsclient.Client, rate, n int) (late time.Duration) {
	begin := time.Since(f.start)
	filler := strings.Repeat("x", fanText-stampDigits)
	text := make([]byte, 0, fanText)
	for i := range n {
		due := begin + time.Duration(i)*time.Second/time.Duration(rate)
		time.Sleep(due - time.Since(f.start))
		late = max(late, time.Since(f.start)-due)
		text = fmt.Appendf(text[:0], "%0*d%s", stampDigits, due, filler)
		require.NoError(t, senders[i%len(senders)].Send(text))
	}
	return late
}

func (f *fan) report() (r sequence.Report) {
	for _, s := range f.sequences {
		r.Add(s)
	}
	return r
}

func TestFigureFanout(t *testing.T) {
	for _, rate := range []int{1_000, 4_000} {
		t.Run(fmt.Sprintf("%d_per_second", rate), func(t *testing.T) { figureFanout(t, rate) })
	}
}

func figureFanout(t *testing.T, rate int) {
	n := rate * fanSeconds
	s := startServer(t)
	f := newFan(n)
	pool := newPool(t, wsclient.Config{OnMessage: f.message, Backlog: 1 << 20})
	clients := fill(t, s, pool, fanMembers, fanMembers)
	awaitQuiet(t, pool)
	before := s.post(t, "room0", "before")
	awaitQuiet(t, pool)

	received, spent, begin := pool.Stats().Messages, s.cpu(t), time.Now()
	late := f.publish(t, clients[:fanSenders], rate, n)
	awaitMessages(t, pool, received, n*fanMembers)
	took := time.Since(begin)
	spent = s.cpu(t) - spent
	last := s.post(t, "room0", "after")
	awaitMessages(t, pool, received, (n+1)*fanMembers)
	assert.EqualValues(t, fanMembers, pool.Stats().Open)
	pool.Shutdown()

	deliveries := n * fanMembers
	t.Logf("figure: fan-out %d msg/s x %d members: %d deliveries in %.2f s (%.2f M/s), server CPU %.2f s, %.3f µs per delivery",
		rate, fanMembers, deliveries, took.Seconds(), float64(deliveries)/took.Seconds()/1e6,
		spent.Seconds(), spent.Seconds()*1e6/float64(deliveries))
	f.logLatencies(t, late)
	r := f.report()
	assert.EqualValues(t, n, last-before-1, "messages published")
	assert.True(t, r.Clean(), "%+v", r)
	assert.Equal(t, fanMembers, r.Members)
	assert.Equal(t, last, r.MinLast, "last seq of the member with the least")
	assert.Equal(t, last, r.MaxLast, "last seq of the member with the most")
}

func (f *fan) logLatencies(t testing.TB, late time.Duration) {
	all := slices.Concat(f.latencies...)
	require.NotEmpty(t, all)
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	t.Logf("figure: latency from the intended send: p50 %.2f ms, p99 %.2f ms, max %.2f ms (%d samples; sends at most %.2f ms late)",
		ms(all[len(all)/2]), ms(all[len(all)*99/100]), ms(all[len(all)-1]), len(all), ms(late))
}

// awaitMessages waits until n messages more than received have arrived. It fails the test if
// none arrives for 10 s.
func awaitMessages(t testing.TB, pool *wsclient.Pool, received uint64, n int) {
	t.Helper()
	want := received + uint64(n)
	seen, since := uint64(0), time.Now()
	eventually(t, 2*time.Minute, func() bool {
		now := pool.Stats().Messages
		if now != seen {
			seen, since = now, time.Now()
		}
		return now >= want || time.Since(since) > 10*time.Second
	}, func() string { return fmt.Sprintf("%d of %d messages", seen-received, n) })
	assert.Equal(t, want, seen, "messages received")
}
