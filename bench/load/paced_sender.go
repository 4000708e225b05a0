package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/message"
	"plenum/bench/wsclient"
)

// pacedSender sends the messages of a load. One thread serves all streams of the process, so
// there is one schedule to follow and one lag to measure.
type pacedSender struct {
	SendCounts
	due     []int64           // by message, in microseconds; 0: not sent
	lag     latency.Histogram // how late messages left
	refused uint64            // messages not sent because the backlog was full
	unsent  uint64            // messages not sent because the connection had ended
	fault   string            // error of the first message that was not sent

	around [][2]string // by stream: the publish template before and after the text
	text   []byte
}

// send follows the schedule that begins at start, until it or ctx ends. Hit i belongs to stream
// i modulo the number of streams.
func (s *pacedSender) send(ctx context.Context, l *Load, start int64) {
	Prioritize()
	p := l.plan
	s.SendCounts = NewSendCounts(p.Streams())
	s.due = make([]int64, p.Streams()*p.each())
	s.lag = latency.NewHistogram()
	s.prepare(p)
	schedule := Schedule{Start: start, Rate: p.Rate}
	for i := range p.hits() {
		stream := i % p.Streams()
		if !p.own(l.senderTags[stream]) {
			continue
		}
		if !Await(ctx, schedule, i) {
			return
		}
		s.hit(l, stream, schedule.Due(i))
	}
}

// hit sends the next message of a stream, which was due at that time.
func (s *pacedSender) hit(l *Load, stream int, due int64) {
	number := s.Sent[stream] + 1
	now := clock.Monotonic()
	late := now - due
	due /= int64(time.Microsecond)
	if err := s.post(l, stream, due, int(number), now); err != nil {
		s.refuse(stream, err)
		return
	}
	s.lag.Record(late / int64(time.Microsecond))
	s.Sent[stream] = number
	s.due[stream*l.plan.each()+int(number)-1] = due
}

// refuse counts a message that could not be sent.
func (s *pacedSender) refuse(stream int, err error) {
	if s.refused+s.unsent == 0 {
		s.fault = err.Error()
	}
	s.skip(stream)
	if errors.Is(err, wsclient.ErrBacklog) {
		s.refused++
		return
	}
	s.unsent++
}

// post sends a message. If at is not 0, the time that the message waits for its socket is
// measured from at on.
func (s *pacedSender) post(l *Load, stream int, due int64, number int, at int64) error {
	around := s.around[stream]
	s.text = append(s.text[:0], around[0]...)
	s.text = l.plan.Mark.AppendText(s.text, due, stream, number, l.plan.Payload)
	if l.plan.Words {
		message.FillWords(s.text[len(around[0])+message.HeadSize:], stream, number)
	}
	s.text = append(s.text, around[1]...)
	return l.clients[l.senderTags[stream]].SendAt(s.text, at)
}

// probe sends a probe on a stream, if the stream belongs to this process.
func (s *pacedSender) probe(l *Load, stream int) error {
	if !l.plan.own(l.senderTags[stream]) {
		return nil
	}
	s.prepare(l.plan)
	if err := s.post(l, stream, clock.Monotonic()/int64(time.Microsecond), 0, 0); err != nil {
		return fmt.Errorf("room %d: %w", stream/l.plan.Senders, err)
	}
	return nil
}

// prepare expands the publish template for every stream. A second call does nothing.
func (s *pacedSender) prepare(p *Plan) {
	if s.around != nil {
		return
	}
	s.around = make([][2]string, p.Streams())
	tag := 0
	for room, size := range p.Sizes {
		for slot := range p.Senders {
			pair := [2]string{}
			if p.Target.Publish != "" {
				pair[0], pair[1] = p.Target.around(p.room(room), p.user(tag+slot))
			}
			s.around[room*p.Senders+slot] = pair
		}
		tag += size
	}
}
