package natsbus

import (
	"errors"
	"slices"
	"time"

	"plenum/rooms"
)

// Bounds of what waits for the brokers.
const (
	maxBatch   = 256 << 10 // bytes of a batch of more than one message
	maxWaiting = 4 << 20   // bytes of a room's messages
	ackTimeout = time.Second
	retryAfter = 100 * time.Millisecond
	// mostOnItsWay is how long a batch may be on its way before its speakers are told that nobody knows
	// what became of it.
	maxInFlight = 10 * time.Second
)

// ErrTooLarge says that a message is larger than the brokers take.
var ErrTooLarge = errors.New("natsbus: the message is larger than the brokers take")

// queue is what a room has to publish.
type queue struct {
	proposal *proposal   // on its way, or the next one
	waiting  []*proposal // those behind it
	bytes    int         // of messages in waiting
}

// empty tells whether there is nothing to publish.
func (q *queue) empty() bool { return q.proposal == nil && len(q.waiting) == 0 }

// add has a message wait, in a batch of at most so many bytes unless it is larger itself. It returns
// false if too much waits.
func (q *queue) add(body []byte, to rooms.Receipt, max int) bool {
	if q.bytes+len(body) > maxWaiting {
		return false
	}
	n := len(q.waiting)
	if n == 0 || len(q.waiting[n-1].data)+len(body) > max {
		q.waiting = append(q.waiting, newProposal(len(body)+8))
		n++
	}
	p := q.waiting[n-1]
	had := len(p.data)
	p.data = appendMessage(p.data, body)
	q.bytes += len(p.data) - had
	p.count++
	p.receipts = append(p.receipts, to)
	return true
}

// next makes what waits the proposal, if there is none.
func (q *queue) next(now moment) {
	if q.proposal != nil || len(q.waiting) == 0 {
		return
	}
	q.proposal = q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	q.bytes -= len(q.proposal.data) - headSize
	q.proposal.began = now
}

// putBack has the proposal wait again, before the others.
func (q *queue) putBack() {
	q.waiting = slices.Insert(q.waiting, 0, q.proposal)
	q.bytes += len(q.proposal.data) - headSize
	q.proposal = nil
}

// isOnItsWay tells whether the stream may have taken the proposal.
func (q *queue) inFlight() bool { return q.proposal != nil && q.proposal.state != queued }

// renews tells whether a batch that begins the room's next epoch is on its way.
func (q *queue) renews() bool { return q.proposal != nil && q.proposal.renews }

// drop returns the proposal, which is the next one no more.
func (q *queue) drop() (p *proposal) {
	p, q.proposal = q.proposal, nil
	return p
}

// giveUp tells those who speak in the proposal why nothing more is tried.
func (q *queue) giveUp(t *transition, err error) { t.reply(q.drop().receipts, err) }

// recall has the proposal wait again, or gives it up if the stream may have taken it.
func (q *queue) withdraw(t *transition) {
	switch p := q.proposal; {
	case p == nil:
	case p.count == 0:
		q.proposal = nil
	case q.inFlight():
		q.giveUp(t, rooms.ErrUnknown)
	default:
		q.putBack()
	}
}

// supersede notes that it is certain that the stream has not taken the proposal.
func (q *queue) supersede(t *transition) {
	t.do(action{kind: actSuperseded})
	p := q.proposal
	p.number, p.state = 0, queued
	if p.count == 0 {
		q.proposal = nil // the room goes on without it
	}
}

// refuse refuses what the stream has certainly not taken: the bus is away.
func (q *queue) refuse(t *transition) {
	for _, p := range q.waiting {
		t.reply(p.receipts, rooms.ErrBus)
	}
	q.waiting, q.bytes = nil, 0
	if q.proposal != nil && !q.inFlight() {
		q.giveUp(t, rooms.ErrBus)
	}
}

// expire gives the proposal up if it is on its way for too long, and has it be sent again if it was not
// answered.
func (q *queue) expire(t *transition) {
	switch p := q.proposal; {
	case p == nil:
	case p.began != 0 && t.now-p.began > maxInFlight:
		err := rooms.ErrBacklog
		if q.inFlight() {
			err = rooms.ErrUnknown
		}
		q.giveUp(t, err)
	case p.state == sent && t.now-p.at > ackTimeout:
		p.state = fixed
	}
}
