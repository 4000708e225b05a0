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
	lag     latency.Histogram // how late messages left that were due at from or later
	from    int64             // end of the warm-up, in microseconds
	refused uint64            // messages not sent because the backlog was full
	unsent  uint64            // messages not sent because the connection had ended
	fault   string            // error of the first message that was not sent
	each    int               // upper bound for the messages of one stream

	bounds []int64       // of the stages, see Plan.Bounds
	stages []StageCounts // Sent and NotSent only

	around [][2]string // by stream: the publish template before and after the text
	texts  [][]byte    // of one hit, one per room

	progress progress
}

// send follows the schedule that begins at start, Monotonic, until it or ctx ends. Hit i belongs to
// sender i modulo the number of senders. The calling goroutine gets a thread of its own.
func (s *pacedSender) send(ctx context.Context, l *Load, start int64) {
	Prioritize()
	p := l.plan
	s.SendCounts = NewSendCounts(p.Streams())
	s.each = p.each()
	s.due = make([]int64, p.Streams()*s.each)
	s.bounds, s.stages = p.Bounds(start), newStageCounts(len(p.Stages))
	s.lag, s.from = latency.NewHistogram(), p.measuredFrom(start)
	s.prepare(p)
	schedule := p.schedule(start)
	for i := range p.hits() {
		first := i % p.allSenders() * p.shared()
		if !p.own(l.senderTags[first]) {
			continue
		}
		if !Await(ctx, schedule, i) {
			return
		}
		s.hit(l, first, schedule.Due(i))
	}
}

// hit sends the next message of each stream of a sender. first is the sender's first stream. due is when
// the messages were due, in nanoseconds. All streams of a sender have the same number of messages.
func (s *pacedSender) hit(l *Load, first int, due int64) {
	number := s.Sent[first] + 1
	now := clock.Monotonic()
	late := now - due
	due /= int64(time.Microsecond)
	err := s.post(l, first, due, int(number), now)
	for stream := first; stream < first+l.plan.shared(); stream++ {
		if err != nil {
			s.refuse(stream, due, err)
			continue
		}
		if due >= s.from {
			s.lag.Record(late / int64(time.Microsecond))
		}
		s.progress.left(late)
		s.Sent[stream] = number
		s.due[stream*s.each+int(number)-1] = due
		if k := stageAt(s.bounds, due); k >= 0 {
			s.stages[k].Sent++
		}
	}
}

// refuse counts a message of a stream that could not be sent. due is in microseconds.
func (s *pacedSender) refuse(stream int, due int64, err error) {
	if k := stageAt(s.bounds, due); k >= 0 {
		s.stages[k].NotSent++
	}
	if s.refused+s.unsent == 0 {
		s.fault = err.Error()
	}
	s.skip(stream)
	s.progress.notSent.Add(1)
	if errors.Is(err, wsclient.ErrBacklog) {
		s.refused++
		return
	}
	s.unsent++
}

// post sends a message with that number in each stream of a sender, all in one write. first is the
// sender's first stream. If at is not 0, the time for which the messages wait for their socket is
// measured from at, Monotonic, on.
func (s *pacedSender) post(l *Load, first int, due int64, number int, at int64) error {
	for i := range s.texts {
		s.texts[i] = s.text(s.texts[i][:0], l.plan, first+i, due, number)
	}
	return l.clients[l.senderTags[first]].SendTogether(s.texts, at)
}

// text appends the message of a stream to dst: the text, within the publish template if there is one.
func (s *pacedSender) text(dst []byte, p *Plan, stream int, due int64, number int) []byte {
	around := s.around[stream]
	dst = append(dst, around[0]...)
	dst = p.Mark.AppendText(dst, due, stream, number, p.Payload)
	if p.Words {
		message.FillWords(dst[len(around[0])+p.Mark.Head():], stream, number)
	}
	return append(dst, around[1]...)
}

// probe sends a probe in each room of a group, if the group's first sender belongs to this
// process. first is its first stream.
func (s *pacedSender) probe(l *Load, first int) error {
	if !l.plan.own(l.senderTags[first]) {
		return nil
	}
	s.prepare(l.plan)
	if err := s.post(l, first, clock.Monotonic()/int64(time.Microsecond), 0, 0); err != nil {
		return fmt.Errorf("group %d: %w", first/l.plan.slots(), err)
	}
	return nil
}

// prepare expands the publish template for every stream. A second call does nothing.
func (s *pacedSender) prepare(p *Plan) {
	if s.around != nil {
		return
	}
	s.texts = make([][]byte, p.shared())
	s.around = make([][2]string, 0, p.Streams())
	tag := 0
	for group, size := range p.Sizes {
		for sender := range p.Senders {
			for _, room := range p.rooms(group) {
				pair := [2]string{}
				if p.Target.Publish != "" {
					pair[0], pair[1] = p.Target.around(room, p.user(tag+sender))
				}
				s.around = append(s.around, pair)
			}
		}
		tag += size
	}
}
