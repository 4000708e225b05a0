package natsbus

import (
	"errors"
	"slices"
	"time"

	"plenum/rooms"
)

// Bounds of the messages that wait for the brokers, and timeouts of a proposal.
const (
	maxBatch   = 256 << 10 // bytes of a batch with more than one message
	maxWaiting = 4 << 20   // bytes of one room's waiting messages
	ackTimeout = time.Second
	// copyTimeout is the time after which the republished copy of a proposal is late. It is long, so that slow brokers do
	// not get each batch twice.
	copyTimeout = 500 * time.Millisecond
	retryAfter  = 100 * time.Millisecond
	// maxInFlight is how long a proposal may be tried, without the time in which it waited for earlier ones. Then its
	// receipts get rooms.ErrUnknown, or rooms.ErrBacklog if the stream has certainly not taken it.
	maxInFlight = 10 * time.Second
)

// ErrTooLarge is the error for a message that is larger than the brokers accept.
var ErrTooLarge = errors.New("natsbus: the message is larger than the brokers accept (max_payload)")

// queue has the messages that a room has to publish.
type queue struct {
	proposal *proposal   // the next batch, or the one on its way; nil: none
	waiting  []*proposal // the batches after it
	bytes    int         // bytes of the messages in waiting
}

// empty reports whether there is nothing to publish.
func (q *queue) empty() bool { return q.proposal == nil && len(q.waiting) == 0 }

// add appends a message to the last waiting batch, or to a new one if that would be larger than limit bytes. It
// returns false if maxWaiting would be exceeded.
func (q *queue) add(body []byte, to rooms.Receipt, limit int) bool {
	if q.bytes+len(body) > maxWaiting {
		return false
	}
	n := len(q.waiting)
	if n == 0 || len(q.waiting[n-1].data)+len(body) > limit {
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

// next makes the first waiting batch the proposal, if there is no proposal.
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

// putBack makes the proposal the first waiting batch again.
func (q *queue) putBack() {
	q.waiting = slices.Insert(q.waiting, 0, q.proposal)
	q.bytes += len(q.proposal.data) - headSize
	q.proposal = nil
}

// inFlight reports whether the stream may have taken the proposal.
func (q *queue) inFlight() bool { return q.proposal != nil && q.proposal.state != queued }

// renews reports whether the proposal is a renewal.
func (q *queue) renews() bool { return q.proposal != nil && q.proposal.renews }

// drop removes the proposal, and returns it.
func (q *queue) drop() (p *proposal) {
	p, q.proposal = q.proposal, nil
	return p
}

// giveUp drops the proposal, and calls its receipts with err.
func (q *queue) giveUp(t *transition, err error) { t.reply(q.drop().receipts, err) }

// withdraw puts the proposal back, or gives it up if the stream may have taken it. A proposal without messages
// is dropped.
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

// supersede handles that another batch took the proposal's position, so the stream has certainly not taken it.
func (q *queue) supersede(t *transition) {
	t.do(action{kind: actSuperseded})
	p := q.proposal
	p.number, p.state = 0, queued
	if p.count == 0 {
		q.proposal = nil // a keep-alive is not needed any more
	}
}

// refuse refuses all messages that the stream has certainly not taken, because the bus is away.
func (q *queue) refuse(t *transition) {
	for _, p := range q.waiting {
		t.reply(p.receipts, rooms.ErrBus)
	}
	q.waiting, q.bytes = nil, 0
	if q.proposal != nil && !q.inFlight() {
		q.giveUp(t, rooms.ErrBus)
	}
}

// expire gives the proposal up after maxInFlight. If its answer or its copy is late, it is sent again, and asks for an
// acknowledgement.
func (q *queue) expire(t *transition) {
	switch p := q.proposal; {
	case p == nil:
	case p.began != 0 && t.now-p.began > maxInFlight:
		err := rooms.ErrBacklog
		if q.inFlight() {
			err = rooms.ErrUnknown
		}
		q.giveUp(t, err)
	case p.isLate(t.now):
		p.state = fixed
	}
}

// ask makes a proposal whose republished copy is awaited be sent again, so that it asks for an acknowledgement. This node
// does not receive the copy any more.
func (q *queue) ask() {
	if p := q.proposal; p != nil && p.state == sent && !p.asks {
		p.state = fixed
	}
}
