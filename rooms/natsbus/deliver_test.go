package natsbus

import (
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/rooms"
)

var aBody = []byte(`{"type":"message","room":"a","sender":"Alex","text":"hello","ts":1,"seq":`)

// BenchmarkDeliver measures a node's cost per batch of one message, without brokers. One case is a batch of
// another node, the other is a batch of this node from Publish to its receipt.
func BenchmarkDeliver(b *testing.B) {
	b.Run("of=another", func(b *testing.B) {
		s, h := followedSubject(b)
		messages := appendMessage(nil, aBody)
		b.ReportAllocs()
		for b.Loop() {
			h.first, h.number, h.count = h.last()+1, h.number+1, 1
			s.stream.progress.take(h.number, s.bus.now())
			s.handle(&event{kind: evBatch, batch: batch{at: h.number, before: h.number - 1, head: h, messages: messages}})
		}
	})
	b.Run("of=this", func(b *testing.B) {
		s, h := followedSubject(b)
		b.ReportAllocs()
		var requests []action
		for at := h.number + 1; b.Loop(); at++ {
			s.bus.publish(s.room, aBody, discardReceipt{})
			s.bus.sends.take(nil)
			requests = s.requests(requests[:0])
			h, messages, _ := parseBatch(requests[0].data)
			s.handle(&event{kind: evBatch, batch: batch{at: at, before: at - 1, head: h, messages: messages}})
		}
	})
}

func TestAStepAllocatesNothingPerBatch(t *testing.T) {
	st := newState(1, inPrefix+token("a"), minKept, 0)
	h := head{epoch: 7, first: 1, node: 9, number: 1}
	st.step(&event{kind: evFollow})
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		st.step(&event{kind: evBatch, batch: batch{at: h.number, head: h}})
		actions := st.step(&event{kind: evDelivered, batch: batch{at: h.number, head: h}})
		require.Equal(t, h.last(), st.seq)
		clear(actions)
		h.first, h.number, h.count = h.last()+1, h.number+1, 1
	}))
}

type discardReceipt struct{}

func (discardReceipt) Published(rooms.Epoch, uint64, error) {}

// followedSubject returns the subject of an open room without members, on a node without brokers, and the head
// of its last batch.
func followedSubject(b *testing.B) (*subject, head) {
	b.Helper()
	bus, err := New(Config{URL: "nats://nowhere", History: someHistory, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	bus.streams[0].up.Store(true)
	hub := rooms.New(rooms.Config{AnnounceLimit: -1, History: someHistory, Bus: bus.Share(""), Gap: codec.AppendGap})
	s := bus.subjects.acquire(bus, "a")
	opened := make(chan error)
	go func() {
		_, err := hub.Open(b.Context(), "a", nil)
		opened <- err
	}()
	require.Eventually(b, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.state.followed() }, wait, tick)
	h := head{epoch: 7, first: 1, born: time.Now().UnixMilli(), node: 9, number: 1}
	data := make([]byte, headSize)
	h.put(data)
	number := s.requests(nil)[0].number
	reply := message(1, data)
	reply.Header.Set("Nats-Num-Pending", "1")
	s.onRead(number, reply)
	s.onRead(number, &nats.Msg{Header: nats.Header{"Status": {"404"}}})
	require.NoError(b, <-opened)
	return s, h
}
