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

// outbox sends a load's messages. One thread serves all streams of the process,
// so that there is one schedule to keep and one lag to watch.
type outbox struct {
	Sends
	due     []int64 // by message, in microseconds; 0: not sent
	lag     latency.Histogram
	refused uint64 // the backlog was full
	unsent  uint64 // the connection had ended
	fault   string // of the first that could not be sent

	around [][2]string // by stream, from the publish template
	text   []byte
}

// send keeps to the schedule: hit i belongs to stream i modulo the streams.
func (o *outbox) send(ctx context.Context, l *Load, start int64) {
	runtime.LockOSThread()
	punctual()
	p := l.plan
	o.Sends = NewSends(p.Streams())
	o.due = make([]int64, p.Streams()*p.each())
	o.lag = latency.NewHistogram()
	o.prepare(p)
	pacer := Pacer{Start: start, Rate: p.Rate}
	for i := range p.hits() {
		stream := i % p.Streams()
		if !p.own(l.speakers[stream]) {
			continue
		}
		if !sleepUntil(ctx, pacer, i) {
			return
		}
		o.hit(l, stream, pacer.Due(i))
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
func sleepUntil(ctx context.Context, pacer Pacer, i int) bool {
	const slice = 20 * time.Millisecond // after which ctx is looked at
	for ctx.Err() == nil {
		wait := pacer.Wait(clock.Monotonic(), i)
		if wait == 0 {
			return true
		}
		nap := unix.NsecToTimespec(int64(min(wait, slice)))
		_ = unix.Nanosleep(&nap, nil) // interrupted or not, the clock decides
	}
	return false
}

func (o *outbox) hit(l *Load, stream int, due int64) {
	number := o.Sent[stream] + 1
	now := clock.Monotonic()
	late := now - due
	due /= int64(time.Microsecond)
	if err := o.post(l, stream, due, int(number), now); err != nil {
		o.refuse(stream, err)
		return
	}
	o.lag.Record(late / int64(time.Microsecond))
	o.Sent[stream] = number
	o.due[stream*l.plan.each()+int(number)-1] = due
}

// refuse counts a message that could not be sent.
func (o *outbox) refuse(stream int, err error) {
	if o.refused+o.unsent == 0 {
		o.fault = err.Error()
	}
	o.skip(stream)
	if errors.Is(err, wsclient.ErrBacklog) {
		o.refused++
		return
	}
	o.unsent++
}

// post sends a message. How long it waits for its socket is measured from at on; 0: it
// is not.
func (o *outbox) post(l *Load, stream int, due int64, number int, at int64) error {
	around := o.around[stream]
	o.text = append(o.text[:0], around[0]...)
	o.text = l.plan.Mark.AppendText(o.text, due, stream, number, l.plan.Payload)
	if l.plan.Words {
		message.FillWords(o.text[len(around[0])+message.HeadSize:], stream, number)
	}
	o.text = append(o.text, around[1]...)
	return l.clients[l.speakers[stream]].SendAt(o.text, at)
}

// probe posts a text without a number, where the stream is this process's.
func (o *outbox) probe(l *Load, stream int) error {
	if !l.plan.own(l.speakers[stream]) {
		return nil
	}
	o.prepare(l.plan)
	if err := o.post(l, stream, clock.Monotonic()/int64(time.Microsecond), 0, 0); err != nil {
		return fmt.Errorf("room %d: %w", stream/l.plan.Senders, err)
	}
	return nil
}

func (o *outbox) prepare(p *Plan) {
	if o.around != nil {
		return
	}
	o.around = make([][2]string, p.Streams())
	tag := 0
	for room, size := range p.Sizes {
		for slot := range p.Senders {
			pair := [2]string{}
			if p.Target.Publish != "" {
				pair[0], pair[1] = p.Target.around(p.room(room), p.user(tag+slot))
			}
			o.around[room*p.Senders+slot] = pair
		}
		tag += size
	}
}
