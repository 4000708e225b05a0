package load

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/message"
	"plenum/bench/wsclient"
	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// followed is a receiver of one room whose clients have no sockets, with or without an expected
// stream.
type followed struct {
	*wsclient.FakeClients
	recv *receiver
}

func newFollowing(p *Plan, follow bool) *followed {
	recv := newReceiver(p, 1)
	if !follow {
		recv.lanes[0].expected = nil
	}
	cfg := wsclient.Config{OnMessage: recv.message, OnFrames: recv.follow, Compression: p.Target.Compression}
	return &followed{FakeClients: wsclient.NewFakeClients(cfg, p.Members()), recv: recv}
}

// feed gives b to client i in pieces of the given size, as reads at one time would.
func (f *followed) feed(t *testing.T, i int, b []byte, piece int, at int64) {
	for piece := range slices.Chunk(b, piece) {
		require.Nil(t, f.Feed(f.Clients[i], piece, at))
	}
}

// room returns the bytes that each member of a room of p receives. They are the same, except
// for up to three errors per member.
func room(p *Plan, rng *rand.Rand, messages int) [][]byte {
	var common [][]byte
	for n := range messages {
		text := p.Mark.AppendText(nil, int64(1000*n), 0, n+1, p.Payload)
		common = append(common, fmt.Appendf(nil, `{"sender":"a","text":"%s","seq":%d}`, text, n+1))
	}
	members := make([][]byte, p.Members())
	for i := range members {
		own := append([][]byte{}, common...)
		for range rng.IntN(4) {
			spoil(own, rng)
		}
		for n, payload := range own {
			if payload != nil {
				members[i] = framed(p, members[i], payload)
			}
			if n%50 == 10*i {
				members[i] = frame.Append(members[i], frame.Ping, nil)
			}
		}
	}
	return members
}

func framed(p *Plan, dst, payload []byte) []byte {
	if p.Target.Compression {
		if deflated := deflate.Append(nil, payload, 15); len(deflated) < len(payload) {
			return frame.Append(dst, frame.Text|frame.RSV1, deflated)
		}
	}
	return frame.Append(dst, frame.Text, payload)
}

func spoil(messages [][]byte, rng *rand.Rand) {
	i := 1 + rng.IntN(len(messages)-1)
	switch other := bytes.Clone(messages[i]); rng.IntN(5) {
	case 0:
		messages[i] = nil // lost
	case 1:
		messages[i], messages[i-1] = messages[i-1], messages[i]
	case 2:
		messages[i] = messages[i-1] // lost and duplicated
	case 3:
		if other != nil {
			other[rng.IntN(len(other))] ^= 1
		}
		messages[i] = other
	default:
		messages[i] = []byte(`{"sender":"System","text":"b joined","seq":7}`)
	}
}

// A receiver with an expected stream must count the same as one without, for any bytes and any
// split into reads.
func TestAnExpectedStreamDoesNotChangeTheFigures(t *testing.T) {
	const messages = 300
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		payload := []int{64, message.ShortHeadSize, 21}[seed%3]
		p := &Plan{
			Mark: message.MarkFor(payload), Sizes: []int{4}, Senders: 1, Rate: messages, Payload: payload, Duration: time.Second,
			Sample: 2, RoomSeq: true, Loops: 1, Target: Target{Compression: seed%2 == 1},
		}
		following, plain := newFollowing(p, true), newFollowing(p, false)
		require.NotNil(t, following.recv.lanes[0].expected)
		left := room(p, rng, messages)
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
		got.lanes[0].expected = nil
		assert.Equal(t, want.tracks, got.tracks, seed)
		assert.Equal(t, want.rooms, got.rooms, seed)
		assert.Equal(t, want.lanes[0].last, got.lanes[0].last)
		assert.Equal(t, want.lanes[0].delivery, got.lanes[0].delivery)
		assert.Equal(t, want.lanes[0].delivered, got.lanes[0].delivered)
		assert.Equal(t, want.lanes[0].foreign, got.lanes[0].foreign)
		assert.Equal(t, plain.Stats(), following.Stats())
		assert.NotZero(t, want.lanes[0].delivered)
	}
}

func TestAnExpectedStreamKeepsOnlyTheNewestMessages(t *testing.T) {
	var tp expectedStream
	payload := make([]byte, 1000)
	const many = 5 * expectedSize / 1000
	for n := range uint64(many) {
		payload[0] = byte(n)
		tp.add(frame.Append(nil, frame.Text, payload), expectedMessage{number: n + 1})
	}
	assert.LessOrEqual(t, len(tp.data), 2*expectedSize)
	assert.GreaterOrEqual(t, len(tp.data), expectedSize-len(payload))
	index, ok := tp.find(many)
	require.True(t, ok)
	assert.Equal(t, len(tp.texts)-1, index)
	for index := range tp.texts {
		payload[0] = byte(tp.texts[index].number - 1)
		require.Equal(t, frame.Append(nil, frame.Text, payload), tp.data[tp.texts[index].begin:tp.end(index)])
	}
	_, ok = tp.find(1)
	assert.False(t, ok, "it was removed")
	_, ok = tp.find(many + 1)
	assert.False(t, ok, "it has not arrived")

	tp.add(frame.Append(nil, frame.Text, payload), expectedMessage{number: 2 * many})
	assert.Len(t, tp.texts, 1, "after a gap it starts again")
	tp.add(frame.Append(nil, frame.Text, make([]byte, 3*expectedSize)), expectedMessage{number: 2*many + 1})
	tp.add(frame.Append(nil, frame.Text, payload), expectedMessage{number: 2*many + 2})
	n, size := tp.same(frame.Append(nil, frame.Text, payload), len(tp.texts)-1)
	assert.Equal(t, []int{1, len(payload) + 4}, []int{n, size})
}

func TestAReadIsComparedWithAnExpectedStream(t *testing.T) {
	var tp expectedStream
	var all []byte
	for n := range uint64(4) {
		payload := fmt.Append(nil, "message ", n)
		tp.add(frame.Append(nil, frame.Text, payload), expectedMessage{number: n + 1})
		all = frame.Append(all, frame.Text, payload)
	}
	one := len(all) / 4
	spoilt := bytes.Clone(all)
	spoilt[2*one+3] ^= 1
	for _, c := range []struct {
		what string
		b    []byte
		from int
		want int
	}{
		{"all", all, 0, 4}, {"more than there is", append(bytes.Clone(all), 0x81), 0, 4}, {"a part of one", all[:one-1], 0, 0},
		{"one and a part", all[:2*one-1], 0, 1}, {"from the second on", all[one:], 1, 3}, {"other bytes", all, 1, 0},
		{"a fault in the third", spoilt, 0, 2}, {"nothing", nil, 0, 0},
	} {
		n, size := tp.same(c.b, c.from)
		assert.Equal(t, []int{c.want, c.want * one}, []int{n, size}, c.what)
	}
}

// Frames of another member may be fragmented in another way.
func TestAMessageInFragmentsIsNotAddedToAnExpectedStream(t *testing.T) {
	p := &Plan{Mark: message.NewMark(), Sizes: []int{2}, Senders: 1, Rate: 10, Payload: 64, Duration: time.Second, Sample: 2, Loops: 1}
	f := newFollowing(p, true)
	text := string(p.Mark.AppendText(nil, 0, 0, 1, p.Payload))
	cut := frame.Append(nil, frame.Text, []byte(text[:50]))
	cut[0] &^= 0x80 // not the last fragment
	f.feed(t, 0, frame.Append(cut, frame.Continuation, []byte(text[50:])), 1000, 0)
	assert.Empty(t, f.recv.lanes[0].expected[0].texts)
	assert.EqualValues(t, 1, f.recv.lanes[0].delivered)
	f.feed(t, 1, frame.Append(nil, frame.Text, []byte(text)), 1000, 0)
	assert.Len(t, f.recv.lanes[0].expected[0].texts, 1)
}

func TestCompressedMessagesAreComparedWithAnExpectedStream(t *testing.T) {
	const messages = 9
	p := &Plan{
		Mark: message.NewMark(), Sizes: []int{2}, Senders: 1, Rate: messages, Payload: 64, Duration: time.Second,
		Sample: 2, RoomSeq: true, Loops: 1, Target: Target{Compression: true},
	}
	f := newFollowing(p, true)
	var stream []byte
	for n := range messages {
		text := p.Mark.AppendText(nil, 0, 0, n+1, p.Payload)
		stream = framed(p, stream, fmt.Appendf(nil, `{"text":"%s","seq":%d}`, text, n+1))
	}
	f.feed(t, 0, bytes.Clone(stream), len(stream), 0)
	used, frames := f.recv.follow(f.Clients[1], stream)
	assert.Equal(t, []int{len(stream), messages}, []int{used, frames})
	assert.Equal(t, f.recv.rooms[0], f.recv.rooms[1])
}
