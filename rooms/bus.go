package rooms

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"

	"plenum/codec"
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
	// Reach waits until a room that is followed is not behind since, where that is a place
	// in its life.
	Reach(ctx context.Context, room string, since Since) error
}

// Receipt is told what became of a message: its place, or why it was not taken.
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

// opening is a room that is about to be followed. Guarded by shard.mu, but for done.
type opening struct {
	done    chan struct{} // closed when it is over
	waiting int           // so many wait for it
	room    *Room         // nil: err says why
	err     error
}

// openTimeout bounds how long the bus is asked about a room.
const openTimeout = 5 * time.Second

// Open has a room of a hub with a Bus ready for Join and Resume, and keeps it so until
// close, which is called once. It waits for the bus where nobody is in the room, or where
// since, which may be nil, is ahead of what came here. Without a Bus there is nothing to do.
func (h *Hub) Open(ctx context.Context, room string, since *Since) (close func(), err error) {
	if h.cfg.Bus == nil {
		return func() {}, nil
	}
	r, err := h.pin(ctx, room)
	if err != nil {
		return nil, err
	}
	if since != nil && r.isBehind(*since) {
		if err := h.cfg.Bus.Reach(ctx, r.name, *since); err != nil {
			r.release()
			return nil, err
		}
	}
	return r.release, nil
}

// IsOpen tells whether Open would not have to wait.
func (h *Hub) IsOpen(room string, since *Since) bool {
	if h.cfg.Bus == nil {
		return true
	}
	r := h.find(room)
	return r != nil && (since == nil || !r.isBehind(*since))
}

// isBehind tells whether since is a place in this life of the room that it has not reached.
func (r *Room) isBehind(since Since) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return since.Seq > r.log.seq && since.Epoch == r.epochName()
}

// pin returns the room, which does not go before release.
func (h *Hub) pin(ctx context.Context, room string) (*Room, error) {
	sh := h.shard(room)
	sh.mu.Lock()
	if r := sh.rooms[room]; r != nil {
		r.mu.Lock()
		r.pins++
		r.mu.Unlock()
		sh.mu.Unlock()
		return r, nil
	}
	o := sh.opening[room]
	if o == nil {
		o = &opening{done: make(chan struct{})}
		room = strings.Clone(room)
		sh.opening[room] = o
		h.openings.Go(func() { h.follow(sh, room, o) })
	}
	o.waiting++
	sh.mu.Unlock()

	select {
	case <-o.done:
		return o.room, o.err
	case <-ctx.Done():
	}
	if r := o.leave(sh); r != nil {
		r.release()
	}
	return nil, ctx.Err()
}

// leave has one less wait; where it is over it returns the room, which they have pinned, or nil.
func (o *opening) leave(sh *shard) *Room {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	select {
	case <-o.done:
		return o.room
	default:
		o.waiting--
		return nil
	}
}

// follow opens a room for all who wait for it, each of whom has it pinned then.
func (h *Hub) follow(sh *shard, room string, o *opening) {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	var r *Room
	unfollow, err := h.cfg.Bus.Follow(ctx, room, func(epoch Epoch) *Room {
		r.abandon() // a life that ended while what is kept of it was read
		r = h.newRoom(sh, room)
		r.epoch = epoch
		return r
	})
	if err != nil {
		r.abandon()
	}
	sh.mu.Lock()
	delete(sh.opening, room)
	if err == nil {
		r.mu.Lock()
		if r.gone { // its life has ended already
			err = ErrBus
		}
		r.unfollow = unfollow
		if err == nil {
			r.pins = o.waiting
		}
		r.mu.Unlock()
	}
	if o.err = err; err == nil {
		sh.rooms[room] = r
		o.room = r
	}
	close(o.done)
	sh.mu.Unlock()
	switch {
	case err == nil:
		sh.removeEmpty(r) // where nobody waits any more
	case unfollow != nil:
		unfollow()
		sh.removeEmpty(r)
	}
}

// abandon drops what a room has that the hub never had; r may be nil.
func (r *Room) abandon() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.dropAll()
	r.count()
}

// release ends what pin began.
func (r *Room) release() {
	r.mu.Lock()
	r.pins--
	idle := r.pins == 0 && r.members == 0
	r.mu.Unlock()
	if idle {
		r.shard.removeEmpty(r)
	}
}

// Batch is messages of one room that follow one another.
type Batch struct {
	First  uint64           // the number of the first, or of the next one where there are none
	Born   int64            // when they were published, Unix milliseconds
	Bodies iter.Seq[[]byte] // what Config.Frame takes, the caller's
}

// Deliver has the room's members read a batch. What is missing before it they are told of as a
// gap, but for what came before the first batch of all. ErrCrowded: it was not taken, those that
// read fast enough are too far behind. One goroutine at a time calls it.
func (r *Room) Deliver(b Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.crowded() {
		return ErrCrowded
	}
	at := r.log.head
	var first *chunk // that is written
	if b.First > r.log.seq+1 {
		first = r.pass(b)
	}
	r.begun = true
	seq := r.log.seq
	if first != nil {
		seq-- // the gap's
	}
	n := 0
	for body := range b.Bodies {
		c, _ := r.write(body, b.Born)
		if first == nil {
			first = c
		}
		n++
	}
	if first != nil {
		r.hub.counters[Published].Add(int64(n))
		r.used = max(r.used, b.Born)
		r.wake(first, at, seq, 0, false)
	}
	return nil
}

// pass goes on to where b begins: a gap is written in place of the last message that is
// missing, or nothing, nil, where the room begins with b. mu is held.
func (r *Room) pass(b Batch) *chunk {
	l := &r.log
	if !r.begun {
		l.seq = b.First - 1
		return nil
	}
	gap := codec.AppendGap(nil, codec.Gap{Room: r.name, From: l.seq + 1, To: b.First - 1, Epoch: r.epochName()})
	l.seq = b.First - 2
	c := l.append(len(gap), r.hub.cfg.Chunks, uint32(b.Born/1000), false, func(dst []byte, _ uint64) []byte { return append(dst, gap...) })
	c.stamp(r.hub.queue)
	c.gap = true
	return c
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
	r.visit(func(s Sink) { _ = s.Close(code, reason()) })
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
	return r.members, joined, left
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
