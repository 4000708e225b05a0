package natsbus

import (
	"math/rand/v2"
	"slices"
	"time"

	"plenum/rooms"
)

// mark is the newest batch of a room that this node knows the stream has taken. The node and its
// number identify the batch: two batches may have the same sequence number in the stream if the
// brokers come back with an older copy of it. The mark outlives Follow.
type mark struct {
	at     uint64 // sequence number in the stream; 0: this node knows of none
	epoch  rooms.Epoch
	node   uint64
	number uint64
}

func (m mark) is(at uint64, h head) bool { return m == mark{at, h.epoch, h.node, h.number} }

// newEpoch returns an epoch that is larger than after: Unix milliseconds and 22 random bits. So
// nodes can tell the later of two lives of a room.
func newEpoch(after rooms.Epoch) rooms.Epoch {
	const randomBits = 22
	random := rooms.Epoch(rand.Uint64N(1 << randomBits))
	e := rooms.Epoch(time.Now().UnixMilli())<<randomBits | random
	if next := after + 1 + random; e <= after && next > after {
		return next
	}
	return e
}

// note notes that the stream has batch h as number at. mu is held.
func (s *subject) note(at uint64, h head) {
	if at > s.mark.at || h.epoch > s.mark.epoch {
		s.mark = mark{at, h.epoch, h.node, h.number}
	}
}

// renewing tells whether a batch that begins the room anew is on its way. mu is held.
func (s *subject) renewing() bool { return s.flight != nil && s.flight.renews }

// verify has nothing be delivered or sent until a read has shown that the stream still has the
// mark. mu is held.
func (s *subject) verify() {
	if s.renewing() {
		s.flight = nil
	}
	s.doubt, s.asking, s.toAsk = s.mark.at != 0, 0, false
	s.readAgain()
}

// suspect has the stream's leader be asked whether the stream has gone back: a read, which any
// replica may answer, or a batch that has come contradicts the mark. mu is held.
func (s *subject) suspect() {
	s.doubt, s.reading, s.toRead = true, 0, false
	if !s.renewing() {
		s.askLeader()
	}
}

// holds tells whether a batch that the stream has just sent is not to be taken now. before is the
// sequence number of the room's batch before it; 0: unknown. mu is held.
func (s *subject) holds(at, before uint64, h head) bool {
	m := s.mark
	switch {
	case m.at == 0 || h.epoch > m.epoch && h.first == 1:
		return false
	case s.renewing():
		if s.flight.number == h.number && s.bus.node == h.node {
			return false
		}
		if h.epoch <= m.epoch && at > s.flight.expects { // somebody who does not know better goes on with the old life
			s.chase(at)
		}
		return true
	case s.doubt:
		s.expect(at)
		return true
	case at == m.at && !m.is(at, h), at > m.at && before != 0 && before < m.at, at <= s.last && h.epoch == s.epoch && h.first > s.seq && h.count > 0:
		s.suspect()
		return true
	case at > m.at && h.epoch != s.epoch && h.first > 1: // the life's beginning is missing
		s.expect(at)
		s.read()
		return true
	}
	return false
}

// hasMark handles a batch that was read, until the read has shown the mark: it tells whether the
// batch may be taken. mu is held.
func (s *subject) hasMark(at uint64, h head) bool {
	switch {
	case s.saw || s.readOf.at == 0 || at < s.readOf.at:
		return true
	case s.readOf.is(at, h):
		s.doubt, s.torn = false, false
		return true
	}
	s.suspect()
	return false
}

// judge handles the answer of the stream's leader: the room's last batch, or what the leader has in
// the mark's place. mu is held.
func (s *subject) judge(a leaderAnswer) (done settled) {
	if s.second {
		return s.judgePlace(a)
	}
	m := s.mark
	switch {
	case !a.found:
		return s.judgeNothing()
	case m.at == 0 && !s.torn && (!s.known || a.at >= s.last):
		s.doubt = false
		s.read()
	case m.is(a.at, a.head):
		return s.judgeMark()
	case a.at > m.at && !s.torn:
		s.second, s.newest = true, a
		s.askLeader()
	case a.head.epoch > m.epoch:
		return s.rejoin()
	default:
		return s.renew(a.at, a.head.epoch)
	}
	return done
}

// judgePlace handles what the leader has in the mark's place, if it has newer batches. mu is held.
func (s *subject) judgePlace(a leaderAnswer) (done settled) {
	s.second = false
	last := s.newest
	switch {
	case a.found && a.room && s.mark.is(a.at, a.head):
		s.doubt = false
		s.expect(last.at) // a replica that is behind has shown less; the pulse reads again
	case last.head.epoch > s.mark.epoch:
		return s.rejoin()
	case a.found || last.head.epoch < s.mark.epoch:
		return s.renew(last.at, last.head.epoch)
	default: // the stream keeps it no more
		s.doubt, s.mark.at = false, 0
		s.read()
	}
	return done
}

// judgeMark handles that the mark is the room's last batch. mu is held.
func (s *subject) judgeMark() (done settled) {
	s.doubt, s.torn = false, false
	if !s.known || s.last < s.mark.at {
		s.expect(s.mark.at)
		return done
	}
	s.sure = s.bus.now()
	s.caughtUp()
	return done
}

// judgeNothing handles that the stream has no batch of the room. mu is held.
func (s *subject) judgeNothing() (done settled) {
	s.doubt, s.mark.at = false, 0
	if s.torn && s.known {
		return s.renew(0, s.epoch)
	}
	s.torn = false
	if s.known {
		s.caughtUp()
		return done
	}
	s.beginLife()
	return done
}

// rejoin has the room's members come back to a later life, which is in the stream already. mu is
// held.
func (s *subject) rejoin() (done settled) {
	done.receipts, done.err = s.recallFlight()
	done.ended = s.end()
	s.known, s.ours, s.doubt, s.torn, s.last, s.ahead, s.mark.at = false, false, false, false, 0, 0, 0
	s.readAgain()
	return done
}

// renew begins the room anew behind number at of the stream, its last batch: what this node knows of
// the room is not in the stream any more. The stream takes one of several such batches. Members are sent
// away only when it has taken one, so a leader that is none any more does no harm. mu is held.
func (s *subject) renew(at uint64, after rooms.Epoch) (done settled) {
	done.receipts, done.err = s.recallFlight()
	s.doubt, s.reading, s.toRead, s.ours = true, 0, false, false
	s.flight = &flight{
		renews: true, data: make([]byte, headSize), number: s.bus.numbers.Add(1), began: s.bus.now(),
		epoch: newEpoch(max(after, s.epoch, s.mark.epoch)), first: 1, base: at, expects: at, born: time.Now().UnixMilli(),
	}
	s.advance()
	return done
}

// chase has the batch that begins the room anew follow a newer one. mu is held.
func (s *subject) chase(at uint64) {
	f := s.flight
	f.number, f.base, f.expects, f.sent = s.bus.numbers.Add(1), at, at, false
	s.advance()
}

// recallFlight has the flight wait again, or if it may have been taken returns its receipts. mu is
// held.
func (s *subject) recallFlight() (unknown []rooms.Receipt, err error) {
	f := s.flight
	s.flight = nil
	switch {
	case f == nil || f.count == 0:
	case f.number != 0:
		return f.receipts, rooms.ErrUnknown
	default:
		s.waiting = slices.Insert(s.waiting, 0, f)
		s.queued += len(f.data) - headSize
	}
	return nil, nil
}

// isClaimed tells whether somebody comes from a number behind seq in the room's life. mu is held.
func (s *subject) isClaimed(seq uint64) bool {
	return slices.ContainsFunc(s.reached, func(r reacher) bool { return s.claims(r, seq) })
}

func (s *subject) claims(r reacher, seq uint64) bool {
	return s.known && r.since.Seq > seq && r.since.Epoch == s.epoch.String()
}

// judgeClaims handles what the stream's leader has, for those who come from a number that the room's life
// has not reached. It tells whether the room is to begin anew. Whoever has been in the room can invent
// such a number. So it is believed only if the life began before this node could notice that the stream
// had gone back. The next life does not, so lying has an effect once per room and start of a node, at most.
// Anybody else is told of a gap. mu is held.
func (s *subject) judgeClaims(a leaderAnswer) (renew bool) {
	if s.second || s.doubt || s.renewing() || a.found && a.head.epoch != s.epoch {
		return false
	}
	claims := func(r reacher) bool { return r.asked && s.claims(r, a.head.last()) }
	if !a.found {
		claims = func(r reacher) bool { return r.asked && s.claims(r, s.seq) }
	}
	if a.found && s.from <= s.bus.progress.vouched.Load() && slices.ContainsFunc(s.reached, claims) {
		return true
	}
	s.tellReachedIf(claims)
	return false
}
