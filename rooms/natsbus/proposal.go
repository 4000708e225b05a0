package natsbus

import (
	"errors"
	"slices"
	"time"

	"plenum/rooms"
)

// proposalState is how far a proposal has come.
type proposalState uint8

const (
	queued proposalState = iota // it is certain that the stream has not taken it, and its position may change
	fixed                       // the stream may have taken it: it is to be sent as it is, perhaps again
	sent                        // its answer is awaited
)

// proposal is a batch that this node proposes to the stream. One that was not answered is sent again as
// it was: the stream takes one of them at most, for each is to follow the same batch. It
// changes only once it is certain that it was not taken.
type proposal struct {
	data     []byte // a head, that attempt fills in, and messages
	count    int
	receipts []rooms.Receipt // one per message

	state   proposalState
	number  uint64 // 0: queued
	tries   int    // of this number
	at      moment // of the last one
	began   moment // when it became the next one, or was sent first; 0: neither
	retry   moment // not before
	epoch   rooms.Epoch
	first   uint64
	base    uint64 // the last batch when it was fixed
	expects uint64 // what is to be the room's last batch; base, or 0 if the stream keeps none
	born    int64
	renews  bool // it has no messages, and begins the room's next epoch behind another one
}

// is tells whether h is p.
func (p *proposal) is(h head, node uint64) bool {
	return p != nil && p.number != 0 && h.number == p.number && h.node == node
}

func (p *proposal) head(node uint64) head {
	return head{epoch: p.epoch, first: p.first, born: p.born, node: node, number: p.number, count: uint32(p.count)}
}

// lostTo tells whether h, which is not p and comes behind what p is to follow, took p's place, so
// that it is certain that the stream has not taken p. If not, p may be among what is lost before h.
func (p *proposal) lostTo(h head) bool {
	if h.epoch != p.epoch {
		return p.base == 0 // p began an epoch, and h another
	}
	return h.first == p.first
}

// fix has p follow the room's last batch. number is its own.
func (p *proposal) fix(number uint64, at *position, wall int64) {
	p.number, p.tries = number, 0
	p.epoch, p.first, p.base, p.expects, p.born = at.epoch, at.seq+1, at.last, at.last, wall
	if at.emptied {
		p.expects = 0
	}
}

// followNewer has p, which renews, follow a newer batch.
func (p *proposal) followNewer(number, at uint64) {
	p.number, p.base, p.expects, p.state = number, at, at, fixed
}

// Bounds of what waits for the brokers.
const (
	mostBatch   = 256 << 10 // bytes of a batch of more than one message
	mostWaiting = 4 << 20   // bytes of a room's messages
	ackTimeout  = time.Second
	retryAfter  = 100 * time.Millisecond
	// mostOnItsWay is how long a batch may be on its way before its speakers are told that nobody knows
	// what became of it.
	mostOnItsWay = 10 * time.Second
)

// ErrTooLarge says that a message is larger than the brokers take.
var ErrTooLarge = errors.New("natsbus: the message is larger than the brokers take")

// queue is what a room has to publish.
type queue struct {
	proposal *proposal   // on its way, or the next one
	waiting  []*proposal // those behind it
	bytes    int         // of messages in waiting
}

func newProposal(size int) *proposal {
	return &proposal{data: make([]byte, headSize, headSize+size)}
}

// empty tells whether there is nothing to publish.
func (q *queue) empty() bool { return q.proposal == nil && len(q.waiting) == 0 }

// add has a message wait, in a batch of at most so many bytes unless it is larger itself. It returns
// false if too much waits.
func (q *queue) add(body []byte, to rooms.Receipt, most int) bool {
	if q.bytes+len(body) > mostWaiting {
		return false
	}
	n := len(q.waiting)
	if n == 0 || len(q.waiting[n-1].data)+len(body) > most {
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
func (q *queue) isOnItsWay() bool { return q.proposal != nil && q.proposal.state != queued }

// renews tells whether a batch that begins the room's next epoch is on its way.
func (q *queue) renews() bool { return q.proposal != nil && q.proposal.renews }

// drop returns the proposal, which is the next one no more.
func (q *queue) drop() (p *proposal) {
	p, q.proposal = q.proposal, nil
	return p
}

// giveUp tells those who speak in the proposal why nothing more is tried.
func (q *queue) giveUp(t *turn, err error) { t.tell(q.drop().receipts, err) }

// recall has the proposal wait again, or gives it up if the stream may have taken it.
func (q *queue) recall(t *turn) {
	switch p := q.proposal; {
	case p == nil:
	case p.count == 0:
		q.proposal = nil
	case q.isOnItsWay():
		q.giveUp(t, rooms.ErrUnknown)
	default:
		q.putBack()
	}
}

// supersede notes that it is certain that the stream has not taken the proposal.
func (q *queue) supersede(t *turn) {
	t.do(action{kind: actSuperseded})
	p := q.proposal
	p.number, p.state = 0, queued
	if p.count == 0 {
		q.proposal = nil // the room goes on without it
	}
}

// refuse refuses what the stream has certainly not taken: the bus is away.
func (q *queue) refuse(t *turn) {
	for _, p := range q.waiting {
		t.tell(p.receipts, rooms.ErrBus)
	}
	q.waiting, q.bytes = nil, 0
	if q.proposal != nil && !q.isOnItsWay() {
		q.giveUp(t, rooms.ErrBus)
	}
}

// expire gives the proposal up if it is on its way for too long, and has it be sent again if it was not
// answered.
func (q *queue) expire(t *turn) {
	switch p := q.proposal; {
	case p == nil:
	case p.began != 0 && t.now-p.began > mostOnItsWay:
		err := rooms.ErrCrowded
		if q.isOnItsWay() {
			err = rooms.ErrUnknown
		}
		q.giveUp(t, err)
	case p.state == sent && t.now-p.at > ackTimeout:
		p.state = fixed
	}
}
