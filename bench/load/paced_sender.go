package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/message"
	"plenum/bench/wsclient"
)

// pacedSender sends a load's messages. One thread serves all streams of the process,
// so that there is one schedule to keep and one lag to watch.
type pacedSender struct {
	SendCounts
	due     []int64 // by message, in microseconds; 0: not sent
	lag     latency.Histogram
	refused uint64 // the backlog was full
	unsent  uint64 // the connection had ended
	fault   string // of the first that could not be sent

	around [][2]string // by stream, from the publish template
	text   []byte
}

// send keeps to the schedule: hit i belongs to stream i modulo the streams.
func (s *pacedSender) send(ctx context.Context, l *Load, start int64) {
	runtime.LockOSThread()
	punctual()
	p := l.plan
	s.SendCounts = NewSendCounts(p.Streams())
	s.due = make([]int64, p.Streams()*p.each())
	s.lag = latency.NewHistogram()
	s.prepare(p)
	schedule := Schedule{Start: start, Rate: p.Rate}
	for i := range p.hits() {
		stream := i % p.Streams()
		if !p.own(l.speakers[stream]) {
			continue
		}
		if !sleepUntil(ctx, schedule, i) {
			return
		}
		s.hit(l, stream, schedule.Due(i))
	}
}

// punctual has the thread in hand, which ends with its goroutine, wake in time:
// without timer slack, which is 50 us, and before threads that have work to do,
// where the system allows that.
func punctual() {
	const urgent = -15
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, urgent) // of this thread only, on Linux
}

// sleepUntil returns false where ctx has ended.
func sleepUntil(ctx context.Context, schedule Schedule, i int) bool {
	const slice = 20 * time.Millisecond // after which ctx is looked at
	for ctx.Err() == nil {
		wait := schedule.Wait(clock.Monotonic(), i)
		if wait == 0 {
			return true
		}
		nap := unix.NsecToTimespec(int64(min(wait, slice)))
		_ = unix.Nanosleep(&nap, nil) // interrupted or not, the clock decides
	}
	return false
}

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

// post sends a message. How long it waits for its socket is measured from at on; 0: it
// is not.
func (s *pacedSender) post(l *Load, stream int, due int64, number int, at int64) error {
	around := s.around[stream]
	s.text = append(s.text[:0], around[0]...)
	s.text = l.plan.Mark.AppendText(s.text, due, stream, number, l.plan.Payload)
	if l.plan.Words {
		message.FillWords(s.text[len(around[0])+message.HeadSize:], stream, number)
	}
	s.text = append(s.text, around[1]...)
	return l.clients[l.speakers[stream]].SendAt(s.text, at)
}

// probe posts a text without a number, where the stream is this process's.
func (s *pacedSender) probe(l *Load, stream int) error {
	if !l.plan.own(l.speakers[stream]) {
		return nil
	}
	s.prepare(l.plan)
	if err := s.post(l, stream, clock.Monotonic()/int64(time.Microsecond), 0, 0); err != nil {
		return fmt.Errorf("room %d: %w", stream/l.plan.Senders, err)
	}
	return nil
}

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
