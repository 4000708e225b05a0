package natsbus

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
)

// subject is a room's in the stream, as far as this node knows it. What it has to say to the
// brokers the bus's sender says for it: whoever holds mu never waits for the network.
type subject struct {
	// Set at creation.
	bus   *Bus
	room  string
	token string
	id    uint64

	// Guarded by Bus.mu.
	users int    // of those that found it to use it
	idle  moment // since when nobody has needed it; 0: somebody does

	// Guarded by sender.mu.
	toSend bool // it is in the sender's list

	mu sync.Mutex

	// The life that the room is in.
	known  bool        // it is, and so are those of this group
	ours   bool        // we begin it, and the stream has yet to take that
	epoch  rooms.Epoch //
	seq    uint64      // of the last message
	last   uint64      // of the last batch, in the stream; 0: there is none
	gone   bool        // the stream keeps none of the room any more
	latest moment      // when the last batch was made, about
	sure   moment      // when last was known to be the last
	asked  moment      // when that was asked last
	from   uint64      // the first batch of the life that this node has seen, in the stream

	// Whether the stream has gone back.
	mark    mark
	doubt   bool         // the stream has yet to show that it still has the mark
	torn    bool         // it is certain that it has not, if it has anything behind the mark
	fresh   bool         // this node knew nothing of the room when the read began
	toAsk   bool         // the sender is to ask the stream's leader
	asking  uint64       // the number of the question under way; 0: none
	askedAt moment       // when it was asked
	askedOf mark         // the mark then
	second  bool         // it is of what is in the mark's place
	newest  leaderAnswer // to the first one

	// Who reads it.
	begin    func(epoch rooms.Epoch) *rooms.Room // makes the follower; nil: nobody is about to follow
	opened   chan struct{}                       // closed when the follower has what is kept; nil with begin
	follower *rooms.Room                         // nil: nobody
	sub      *nats.Subscription                  // of the follower's; changed by the sender alone

	// What is to be read.
	toRead   bool   // the sender is to begin a read
	reading  uint64 // the number of the read under way; 0: none
	readAt   moment // when it was begun, or said something
	onlyLast bool   // it is of the last batch alone
	readOf   mark   // the mark when it began
	saw      bool   // it has shown that, or last
	goesOn   bool   // the next one is of what comes behind last alone
	ahead    uint64 // a batch that there is, and that was not delivered yet, where it is behind last
	since    moment // when that was seen
	tries    int    // to read it
	reached  []reacher

	// What is to be published.
	flight  *flight   // on its way, or the next that is to be
	waiting []*flight // those behind it
	queued  int       // bytes of messages in them

	presence presence
}

func newSubject(b *Bus, room string) *subject {
	room = strings.Clone(room)
	return &subject{bus: b, room: room, token: token(room), id: b.numbers.Add(1)}
}

// followed tells whether somebody reads the room here, or is about to. mu is held.
func (s *subject) followed() bool { return s.follower != nil || s.begin != nil }

// idles tells whether nobody needs s. mu is held.
func (s *subject) idles() bool {
	return !s.followed() && s.sub == nil && s.flight == nil && len(s.waiting) == 0 && len(s.reached) == 0
}

// settled is what is to be done once mu is free.
type settled struct {
	receipts []rooms.Receipt // of one batch
	epoch    rooms.Epoch
	first    uint64
	err      error
	ended    *rooms.Room
}

// tell tells those that spoke what became of their messages, and ends a room.
func (d settled) tell() {
	for i, to := range d.receipts {
		switch {
		case to == nil:
		case d.err != nil:
			to.Published(0, 0, d.err)
		default:
			to.Published(d.epoch, d.first+uint64(i), nil)
		}
	}
	if d.ended != nil {
		d.ended.End(endCode, endReason)
	}
}

// endCode is what members are closed with whose room's life has ended.
const endCode = 1012

// endReason tells one of them when to come back.
func endReason() string { return fmt.Sprintf("Restarting; retry in %d ms", 500+rand.IntN(1500)) }

// onLog handles a batch that the stream has just taken.
func (s *subject) onLog(m *nats.Msg) {
	at, h, messages, err := stored(m)
	if err != nil {
		s.bus.log.Error("bus", "room", s.room, "error", err)
		return
	}
	s.bus.tookOne(at)
	before, _ := strconv.ParseUint(m.Header.Get("Nats-Last-Sequence"), 10, 64) // 0 if it is missing
	var done settled
	s.mu.Lock()
	if !s.holds(at, before, h) {
		done = s.take(at, h, messages, false)
	}
	s.mu.Unlock()
	done.tell()
}

// take handles batch h, which is number at of the stream. read: it was read behind the last one
// that is known, so that nothing kept is between them. mu is held.
func (s *subject) take(at uint64, h head, messages []byte, read bool) (done settled) {
	if s.ours && !s.flight.is(h, s.bus.node) {
		s.known, s.ours = false, false // somebody else has begun a life
		s.read()
	}
	switch {
	case s.known && at <= s.last && (h.epoch <= s.epoch || h.first > 1):
		return done // else it begins a later life, and the stream has lost the last one
	case !s.known:
		if !read && h.first > 1 {
			s.expect(at)
			s.read()
			return done
		}
		s.enter(h)
	case h.epoch != s.epoch:
		done.ended = s.end()
		s.enter(h)
	case h.first <= s.seq: // its numbers were given before
		s.torn = true
		s.suspect()
		return done
	case h.first > s.seq+1 && !read:
		s.note(at, h)
		s.expect(at)
		return done
	}
	if s.begin != nil && s.follower == nil {
		s.follower = s.begin(h.epoch)
		s.span()
	}
	if s.follower != nil && s.follower.Deliver(rooms.Batch{First: h.first, Born: h.born, Bodies: bodies(messages)}) != nil {
		s.expect(at) // those that read it are too far behind: later
		return done
	}
	if s.last == 0 {
		s.from = at
	}
	s.note(at, h)
	if s.mark.at == at {
		s.doubt, s.torn = false, false
	}
	s.last, s.seq, s.gone, s.sure = at, h.last(), false, s.bus.now()
	s.latest = s.sure - max(0, time.Since(time.UnixMilli(h.born)))
	switch f := s.flight; {
	case f == nil || f.number == 0:
	case f.is(h, s.bus.node):
		s.land(&done)
		if f.renews {
			s.bus.renewedOne(s.room)
			s.readAgain() // whoever is about to follow the room waits for that
		}
	case f.renews:
		if h.epoch > f.epoch || h.first == 1 && at > f.expects { // another node has begun it anew
			s.flight = nil
		}
	case at <= f.base:
	case f.lostTo(h):
		s.lose()
	default:
		done.receipts, done.err = f.receipts, rooms.ErrUnknown
		s.flight = nil
	}
	s.tellReached()
	s.advance()
	return done
}

// enter has the room be in the life of h, before it. mu is held.
func (s *subject) enter(h head) {
	s.known, s.epoch, s.seq, s.last, s.ahead = true, h.epoch, h.first-1, 0, 0
}

// end has those who follow the room be sent away, to come back to its next life; those who
// are about to be there begin with that. mu is held.
func (s *subject) end() (ended *rooms.Room) {
	if s.begin == nil {
		ended = s.follower
	}
	s.follower = nil
	if ended != nil {
		s.bus.stats.ended.Add(1)
	}
	return ended
}

// expect notes that there is a batch that was not delivered. mu is held.
func (s *subject) expect(at uint64) {
	if s.ahead <= s.last {
		s.since, s.tries = s.bus.now(), 0
	}
	s.ahead = max(s.ahead, at)
}
