package rooms

import (
	"context"
	"errors"
	"iter"
	"strconv"
)

// Bus puts the messages of rooms that span nodes in one order, the same on each of them. It
// is called with no lock held, by any goroutine, and calls the hub's rooms.
type Bus interface {
	// Publish has a message follow the room's others. body stays the caller's. It does not
	// wait: to, where it is not nil, is told once what became of it, by this goroutine or
	// another.
	Publish(room string, body []byte, to Receipt)
	// Follow finds out what is kept of the room, which begins to be where it was not, and
	// has the Room that begin makes for its epoch take that before it returns, and from
	// then on what comes, until unfollow.
	Follow(ctx context.Context, room string, begin func(epoch Epoch) *Room) (unfollow func(), err error)
	// Reach waits until a room that is followed is not behind since, where that is a position
	// in its life.
	Reach(ctx context.Context, room string, since Since) error
}

// Receipt is told what became of a message: its position, or why it was not taken.
type Receipt interface {
	Published(epoch Epoch, seq uint64, err error)
}

// Epoch is a life of a room.
type Epoch uint64

// String is the epoch as clients know it.
func (e Epoch) String() string { return strconv.FormatUint(uint64(e), 36) }

// failed is for a receipt that may be nil.
func failed(to Receipt, err error) {
	if to != nil {
		to.Published(0, 0, err)
	}
}

// ErrBus says that the bus is away, so that a message was not taken, or a room not opened.
var ErrBus = errors.New("rooms: the bus is away")

// ErrUnknown says that the bus went away while a message was on its way: whether it was
// taken is not known.
var ErrUnknown = errors.New("rooms: the bus went away, and whether the message was taken is not known")

// Batch is messages of one room that follow one another.
type Batch struct {
	First  uint64           // the number of the first, or of the next one where there are none
	Born   int64            // when they were published, Unix milliseconds
	Bodies iter.Seq[[]byte] // what Config.Frame takes, the caller's
}

// Deliver has the room's members read a batch. What is missing before it they are told of as a
// gap, but for what came before the first batch of all. ErrBacklog: it was not taken, those that
// read fast enough are too far behind. One goroutine at a time calls it.
func (r *Room) Deliver(b Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.overload.backlogFull() {
		return ErrBacklog
	}
	at := r.log.head
	var first *chunk // that is written
	if b.First > r.log.seq+1 {
		first = r.history.skip(b)
	}
	r.history.begun = true
	seq := r.log.seq
	if first != nil {
		seq-- // the gap's
	}
	n := 0
	for body := range b.Bodies {
		c, _ := r.history.append(body, b.Born)
		if first == nil {
			first = c
		}
		n++
	}
	if first != nil {
		r.hub.counters[Published].Add(int64(n))
		r.history.used = max(r.history.used, b.Born)
		r.history.appended()
		r.members.wake(first, at, seq, 0, false)
	}
	return nil
}

// End has everybody in the room come back to its next life: it is closed with code and a
// reason of its own. What is delivered after it nobody reads.
func (r *Room) End(code int, reason func() string) {
	r.shard.mu.Lock()
	r.mu.Lock()
	if !r.gone {
		r.gone = true
		delete(r.shard.rooms, r.name)
	}
	r.mu.Unlock()
	r.shard.mu.Unlock()
	r.members.visit(func(s Sink) { _ = s.Close(code, reason()) })
}

// Name is the room's name.
func (r *Room) Name() string { return r.name }

// Exchange tells the room how many members it has on other nodes, and whether it is this node's
// to tell of those that come and go. It returns how many are here; and where it is not this
// node's, how many have come and gone since it was called last.
func (r *Room) Exchange(elsewhere int, tells bool) (here, joined, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.presence
	p.elsewhere, p.mute = elsewhere, !tells
	if p.mute {
		joined, left = p.digest.joined, p.digest.left
		p.digest = changes{}
	}
	return r.members.count, joined, left
}

// Heard is those that have come and gone on other nodes, and that are this node's to tell of.
func (r *Room) Heard(joined, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.count(changes{joined, left})
}

// Span tells the room which node this is, and has changed be called, with no lock held, when Names
// has changed. It comes before anybody joins.
func (r *Room) Span(self uint64, changed func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.nodes.node.Self, r.presence.nodes.changed = self, changed
}

// Names is what other nodes are to know of the names of the members here; nil if the room has more
// members than are announced by name. It is the caller's.
func (r *Room) Names() Names {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.presence.nodes.all()
}

// Know tells the room the names at the other nodes that are there, and returns whether Names has
// changed by it.
func (r *Room) Know(others map[uint64]Names, now int64) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.presence.nodes.know(others, now)
}
