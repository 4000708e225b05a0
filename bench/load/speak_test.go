package load

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/message"
	"plenum/bench/speak"
	"plenum/codec/frame"
)

// planOf returns a plan of one room in a protocol, at a rate at which members are compared if sample
// is 2.
func planOf(protocol string, members, messages, sample int) *Plan {
	return &Plan{
		Mark: message.NewMark(), Sizes: []int{members}, Senders: 1, Rate: float64(messages), Payload: 64, Duration: time.Second,
		Sample: sample, RoomSeq: true, Loops: 1, Target: Target{Dialect: speak.Dialect{Name: protocol}},
	}
}

// delivered returns message n of the room of a plan as a member receives it.
func delivered(p *Plan, n int) string {
	text := p.Mark.AppendText(nil, int64(1000*n), 0, n, p.Payload)
	switch p.Target.Dialect.Name {
	case speak.Centrifugo:
		return fmt.Sprintf(`{"push":{"channel":"a","pub":{"data":"%s","info":{"user":"","client":"42717de2-0b9a"},"offset":%d}}}`, text, n)
	case speak.SocketIO:
		return fmt.Sprintf(`42["message",{"sender":"a","text":"%s","room":"a","timestamp":1,"seq":%d}]`, text, n)
	}
	return fmt.Sprintf(`{"sender":"a","text":"%s","seq":%d}`, text, n)
}

// batches returns the lines in frames of 1 to 5 lines, between which are pings, and replies as a
// sender receives them.
func batches(lines []string, rng *rand.Rand) (b []byte) {
	for len(lines) > 0 {
		n := min(len(lines), 1+rng.IntN(5))
		payload := []byte{}
		for i, line := range lines[:n] {
			if i > 0 {
				payload = append(payload, '\n')
			}
			payload = append(payload, line...)
		}
		switch rng.IntN(12) {
		case 0:
			payload = append(payload, "\n{}"...)
		case 1:
			payload = append([]byte(`{"id":2,"publish":{}}`+"\n"), payload...)
		case 2:
			b = frame.Append(b, frame.Text, []byte("{}"))
		}
		b = frame.Append(b, frame.Text, payload)
		lines = lines[n:]
	}
	return b
}

// Two members may receive the same lines in other frames. A receiver with an expected stream must
// count the same as one without.
func TestAnExpectedStreamOfLinesDoesNotChangeTheFigures(t *testing.T) {
	const messages, members = 300, 4
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 2))
		p := planOf(speak.Centrifugo, members, messages, 2)
		following, plain := newFollowing(p, true), newFollowing(p, false)
		require.NotNil(t, following.recv.lanes[0].expected)
		left := make([][]byte, members)
		for i := range left {
			var lines []string
			for n := range messages {
				if lost := rng.IntN(200) == 0; !lost {
					lines = append(lines, delivered(p, n+1))
				}
			}
			left[i] = batches(lines, rng)
		}
		for at := int64(1); len(bytes.Join(left, nil)) > 0; at++ {
			i := rng.IntN(len(left))
			n := min(len(left[i]), 1+rng.IntN(3000))
			for _, f := range []*followed{following, plain} {
				f.feed(t, i, bytes.Clone(left[i][:n]), 1+n/2, at*int64(time.Millisecond))
			}
			left[i] = left[i][n:]
		}
		want, got := plain.recv, following.recv
		require.NotEmpty(t, got.lanes[0].expected[0].texts)
		assert.Equal(t, want.tracks, got.tracks, seed)
		assert.Equal(t, want.rooms, got.rooms, seed)
		assert.Equal(t, want.lanes[0].last, got.lanes[0].last)
		assert.Equal(t, want.lanes[0].delivery, got.lanes[0].delivery)
		assert.Equal(t, want.lanes[0].delivered, got.lanes[0].delivered)
		assert.Equal(t, want.lanes[0].foreign, got.lanes[0].foreign)
		assert.Equal(t, plain.Stats().Frames, following.Stats().Frames)
		assert.Equal(t, plain.Stats().Pings, following.Stats().Pings)
		assert.NotZero(t, want.lanes[0].delivered)
	}
}

func TestFramesOfExpectedLinesAreConsumedWhole(t *testing.T) {
	p := planOf(speak.Centrifugo, 2, 9, 2)
	f := newFollowing(p, true)
	line := func(n int) string { return delivered(p, n) }
	framed := func(payload string) []byte { return frame.Append(nil, frame.Text, []byte(payload)) }
	three := line(1) + "\n" + line(2) + "\n" + line(3)
	f.feed(t, 0, framed(three), 10_000, 0)
	for _, c := range []struct {
		what         string
		b            []byte
		used, frames int
		next         uint64
	}{
		{"one line", framed(line(1)), len(framed(line(1))), 1, 2},
		{"the others", framed(line(2) + "\n" + line(3)), len(framed(line(2) + "\n" + line(3))), 1, 4},
		{"a line that has not arrived", framed(line(4)), 0, 0, 4},
	} {
		used, frames := f.recv.follow(f.Clients[1], c.b)
		assert.Equal(t, []any{c.used, c.frames, c.next}, []any{used, frames, f.recv.tracks[1].Last + 1}, c.what)
	}
	f = newFollowing(p, true)
	f.feed(t, 0, framed(three), 10_000, 0)
	for what, b := range map[string][]byte{
		"a reply behind it": framed(line(1) + "\n" + `{"id":2,"publish":{}}`),
		"a part of a line":  framed(line(1)[:40]),
		"a part of a frame": framed(three)[:100],
		"other bytes":       framed(line(1)[1:]),
	} {
		used, frames := f.recv.follow(f.Clients[1], b)
		assert.Equal(t, []int{0, 0}, []int{used, frames}, what)
	}
}

func TestADeliveryAllocatesNothing(t *testing.T) {
	const messages = 50
	for _, protocol := range []string{speak.Plenum, speak.Centrifugo, speak.SocketIO, speak.Raw} {
		for sample := 1; sample <= 2; sample++ {
			p := planOf(protocol, 2, 1_000_000, sample)
			f := newFollowing(p, sample > 1)
			next := 1
			stream := func() (b []byte) { // of a publisher, with pings and replies
				for range messages {
					payload := delivered(p, next)
					if protocol == speak.Centrifugo {
						payload += "\n" + `{"id":2,"publish":{}}`
					}
					b = frame.Append(b, frame.Text, []byte(payload))
					next++
				}
				return b
			}
			feed := func(b []byte) {
				for i := range f.Clients {
					if fault := f.Feed(f.Clients[i], b, 1); fault != nil {
						t.Fatal(fault)
					}
				}
			}
			for range 5 {
				feed(stream()) // the tails and the expected stream grow
			}
			const runs = 20
			var streams [][]byte
			for range runs + 1 { // AllocsPerRun has one run more
				streams = append(streams, stream())
			}
			ln := f.recv.lanes[0]
			if ln.expected != nil {
				want := &ln.expected[0]
				want.data, want.texts = growth(want.data, 10<<20), growth(want.texts, 1<<16)
			}
			before := ln.delivered
			allocs := testing.AllocsPerRun(runs, func() {
				feed(streams[0])
				streams = streams[1:]
			})
			assert.Zero(t, allocs, "%s, one in %d", protocol, sample)
			assert.EqualValues(t, 2*(runs+1)*messages, ln.delivered-before, protocol)
		}
	}
}

// growth returns s with room for n elements.
func growth[T any](s []T, n int) []T { return append(make([]T, 0, n), s...) }

// Each row is one delivery, without the frames of the system.
func BenchmarkDelivery(b *testing.B) {
	for _, protocol := range []string{speak.Plenum, speak.Centrifugo, speak.SocketIO} {
		b.Run(protocol, func(b *testing.B) {
			p := planOf(protocol, 1, 19_000_000, 1)
			f := newFollowing(p, false)
			const batch = 100
			var stream []byte
			for n := range batch {
				stream = frame.Append(stream, frame.Text, []byte(delivered(p, n+1)))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N / batch {
				f.recv.tracks[0].Last, f.recv.rooms[0].Last = 0, 0
				if fault := f.Feed(f.Clients[0], stream, 1); fault != nil {
					b.Fatal(fault)
				}
			}
		})
	}
}
