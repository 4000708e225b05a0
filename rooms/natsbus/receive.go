package natsbus

import (
	"math/rand/v2"
	"strconv"

	"github.com/nats-io/nats.go"
)

// onBatch handles a republished batch, which the stream has just taken. alone means that no other message waits in the
// channel that the batch has come through.
func (s *subject) onBatch(m *nats.Msg, alone bool) {
	at, h, messages, err := parseStored(m)
	if err != nil {
		s.bus.log.Error("nats: batch of messages cannot be decoded: run the same version on all nodes", "room", loggedName(s.room), "error", err)
		return
	}
	s.stream.progress.take(at, s.bus.now())
	s.handle(&event{kind: evBatch, alone: alone, batch: batch{at: at, before: lastSequence(m), head: h, messages: messages}})
}

// lastSequence returns the sequence number of the room's batch before m. If m is an answer to a read, it returns that of
// the answer before m. It returns 0 if there is none, or if the broker has not sent the number.
func lastSequence(m *nats.Msg) uint64 {
	before, _ := strconv.ParseUint(m.Header.Get("Nats-Last-Sequence"), 10, 64)
	return before
}

// onAck handles the stream's answer to a proposal.
func (s *subject) onAck(number uint64, a ack) {
	e := event{kind: evRetry, number: number}
	switch {
	case a.ok():
		s.stream.progress.take(a.Seq, s.bus.now())
		e.kind, e.at = evTaken, a.Seq
	case a.wrongSequence():
		e.kind, e.stream = evConflict, s.stream.progress.view()
		e.at, e.atKnown = a.lastSequence()
		s.mu.Lock()
		e.subscribed = s.sub != nil
		s.mu.Unlock()
	}
	s.handle(&e)
}

// onRead handles an answer to a read.
func (s *subject) onRead(number uint64, m *nats.Msg) {
	e := event{number: number, random: rand.Uint64(), stream: s.stream.progress.view()}
	pending := m.Header.Get("Nats-Num-Pending")
	switch m.Header.Get("Status") {
	case "":
		at, h, messages, err := parseStored(m)
		e.kind, e.batch = evReadBatch, batch{at: at, before: lastSequence(m), head: h, messages: messages, source: byRead, single: pending == ""}
		if err != nil {
			s.bus.log.Error("nats: batch of messages cannot be decoded: run the same version on all nodes", "room", loggedName(s.room), "error", err)
			e.kind = evReadBroken
		}
	case "404":
		e.kind = evReadEnd
	case "204":
		if e.kind = evReadMore; pending == "0" {
			e.kind = evReadEnd
		}
	default: // the stream cannot answer at the moment
		e.kind = evReadFailed
	}
	s.handle(&e)
}
