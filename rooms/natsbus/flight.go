package natsbus

import (
	"errors"
	"time"

	"plenum/rooms"
)

// flight is a batch of this node's on its way into the stream. A try that was not answered
// is tried again as it was: the stream takes one of them at most, for each is to follow the same
// batch. It changes only once it is certain that it was not taken.
type flight struct {
	data     []byte // a head, that the sender fills in, and messages
	count    int
	receipts []rooms.Receipt // one a message

	// Of the tries.
	number  uint64 // 0: it is certain that the stream has not taken it
	sent    bool   // and not answered
	tries   int    // of this number
	at      moment // of the last one
	began   moment // since when it is the next, or of the first one; 0: there was none
	retry   moment // not before
	epoch   rooms.Epoch
	first   uint64
	base    uint64 // what was the last batch that we knew
	expects uint64 // what is to be the room's last batch; base, or 0 where the stream keeps none
	born    int64
	renews  bool // it has no messages, and begins the room anew behind another life
}

// is tells whether h is f.
func (f *flight) is(h head, node uint64) bool {
	return f != nil && f.number != 0 && h.number == f.number && h.node == node
}

// Bounds of what waits for the brokers.
const (
	mostBatch   = 256 << 10 // bytes of a batch of more than one message
	mostWaiting = 4 << 20   // bytes of a room's messages
	ackTimeout  = time.Second
	retryAfter  = 100 * time.Millisecond
	// mostFlight is how long a batch may be on its way before those that spoke are told
	// that it is not known what became of it.
	mostFlight = 10 * time.Second
)

// ErrTooLarge says that a message is larger than the brokers take.
var ErrTooLarge = errors.New("natsbus: the message is larger than the brokers take")

// lostTo tells whether h, which is not f and comes behind what f is to follow, took f's place, so
// that it is certain that the stream has not taken f; else f may be among what is lost before h.
func (f *flight) lostTo(h head) bool {
	if h.epoch != f.epoch {
		return f.base == 0 // f began a life, and h another
	}
	return h.first == f.first
}

// publish has a message wait for its turn.
func (s *subject) publish(body []byte, to rooms.Receipt) error {
	b := s.bus
	if !b.Up() {
		return rooms.ErrBus
	}
	most := b.mostMessage()
	if len(body) > most {
		return ErrTooLarge
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued+len(body) > mostWaiting {
		b.stats.crowded.Add(1)
		return rooms.ErrCrowded
	}
	n := len(s.waiting)
	if n == 0 || len(s.waiting[n-1].data)+len(body) > min(mostBatch, most) {
		s.waiting = append(s.waiting, &flight{data: make([]byte, headSize, headSize+len(body)+8)})
		n++
	}
	f := s.waiting[n-1]
	had := len(f.data)
	f.data = appendMessage(f.data, body)
	s.queued += len(f.data) - had
	f.count++
	f.receipts = append(f.receipts, to)
	s.advance()
	return nil
}

// advance has the sender do what is to be done next. mu is held.
func (s *subject) advance() {
	if s.flight == nil && len(s.waiting) > 0 {
		s.flight = s.waiting[0]
		s.waiting[0] = nil
		s.waiting = s.waiting[1:]
		s.queued -= len(s.flight.data) - headSize
		s.flight.began = s.bus.now()
	}
	if s.flight == nil || s.flight.sent {
		return
	}
	if !s.known && !s.flight.renews {
		s.read()
		return
	}
	s.bus.sends.push(s)
}

// takesOff tells whether the flight is to be sent now. mu is held.
func (s *subject) takesOff(now moment) bool {
	f := s.flight
	return f != nil && !f.sent && now >= f.retry && (f.renews || s.known && !s.doubt && s.ahead <= s.last)
}

// try notes that the flight is sent, behind the last batch, and fills in its head. mu is held.
func (s *subject) try(now moment) (f *flight) {
	f = s.flight
	if f.number == 0 {
		f.number, f.tries = s.bus.numbers.Add(1), 0
		f.epoch, f.first, f.base, f.expects, f.born = s.epoch, s.seq+1, s.last, s.last, time.Now().UnixMilli()
		if s.gone {
			f.expects = 0
		}
	}
	if f.began == 0 {
		f.began = now
	}
	f.sent, f.at = true, now
	f.tries++
	s.headOf(f).put(f.data)
	return f
}

func (s *subject) headOf(f *flight) head {
	return head{epoch: f.epoch, first: f.first, born: f.born, node: s.bus.node, number: f.number, count: uint32(f.count)}
}

// onAck handles what the stream says of a flight.
func (s *subject) onAck(number uint64, a ack) {
	if a.ok() {
		s.bus.tookOne(a.Seq)
	}
	var done settled
	s.mu.Lock()
	if f := s.flight; f != nil && f.number == number {
		f.sent = false
		switch {
		case a.ok():
			done = s.acked(a.Seq)
		case a.wrongSequence():
			s.conflict(a)
		default:
			f.retry = s.bus.now() + retryAfter // the pulse looks again
		}
		s.advance()
	}
	s.mu.Unlock()
	done.tell()
}

// acked handles that the stream has the flight as number at. mu is held.
func (s *subject) acked(at uint64) (done settled) {
	f := s.flight
	if f.renews {
		return s.take(at, s.headOf(f), nil, true)
	}
	if s.known && !s.doubt && f.epoch == s.epoch && f.first == s.seq+1 && s.ahead <= s.last {
		done = s.take(at, s.headOf(f), f.data[headSize:], true)
	}
	if s.flight == f { // what is before it has yet to be read, or it is yet to be delivered
		if s.known && f.epoch == s.epoch {
			s.note(at, s.headOf(f))
		}
		s.land(&done)
		s.expect(at)
		s.read()
	}
	return done
}

// land has the flight be in the stream. mu is held.
func (s *subject) land(done *settled) {
	f := s.flight
	s.flight = nil
	s.bus.stats.batches.Add(1)
	s.bus.stats.messages.Add(uint64(f.count))
	done.receipts, done.epoch, done.first = f.receipts, f.epoch, f.first
	if s.ours {
		s.ours = false
		s.open()
	}
}

// lose notes that it is certain that the stream has not taken the flight. mu is held.
func (s *subject) lose() {
	s.bus.stats.conflicts.Add(1)
	s.flight.number, s.flight.sent = 0, false
	if s.flight.count == 0 {
		s.flight = nil // the room goes on without it
	}
}

// conflict finds out why the room's last batch is not the one that the flight was to follow: it is
// another, or the flight itself, by a try whose answer is not here yet; or there is none. mu is held.
func (s *subject) conflict(a ack) {
	at, told := a.lastSequence()
	switch {
	case s.flight.renews: // another batch came before it: the leader tells which
		s.flight = nil
		s.askLeader()
	case s.ours:
		s.known, s.ours = false, false
		s.read()
	case told && at == 0 && !s.gone && s.isSure():
		s.lose()
		s.gone, s.mark.at = true, 0 // for its age
	case told && at < s.last: // the stream was emptied, or has lost some of what it had
		if s.flight.tries > 1 {
			s.flight.retry = s.bus.now() + retryAfter // an earlier try may have been taken and be lost again
		} else {
			s.lose()
		}
		s.gone, s.torn = false, true
		s.mark.at = max(s.mark.at, s.last)
		s.suspect()
	default:
		s.gone = false
		s.expect(max(at, s.last+1))
		if s.sub == nil || !told {
			s.read() // else it is on its way
		}
	}
}

// isSure tells whether nothing can have come behind the last batch and be gone again: it was
// the last since this connection began, and not long ago. mu is held.
func (s *subject) isSure() bool {
	return s.sure > moment(s.bus.joined.Load()) && s.bus.now()-s.sure < s.bus.cfg.kept()
}

// hasFlight tells whether anything is to be published.
func (s *subject) hasFlight() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flight != nil || len(s.waiting) > 0
}

// refuse refuses what was not sent: the bus is away.
func (s *subject) refuse() {
	s.mu.Lock()
	refused := s.waiting
	s.waiting, s.queued = nil, 0
	if f := s.flight; f != nil && f.number == 0 {
		refused, s.flight = append(refused, f), nil
		if s.ours {
			s.known, s.ours = false, false
		}
	}
	s.mu.Unlock()
	for _, f := range refused {
		settled{receipts: f.receipts, err: rooms.ErrBus}.tell()
	}
}

// overdue gives a flight up that is on its way for too long, and has one that was not answered
// be tried again. mu is held.
func (s *subject) overdue(now moment) (done settled) {
	f := s.flight
	switch {
	case f == nil:
	case f.began != 0 && now-f.began > mostFlight:
		done.receipts, done.err = f.receipts, rooms.ErrUnknown
		if f.number == 0 {
			done.err = rooms.ErrCrowded
			s.bus.stats.crowded.Add(uint64(f.count))
		}
		s.flight = nil
		if s.ours {
			s.known, s.ours = false, false
		}
	case f.sent && now-f.at > ackTimeout:
		f.sent = false
	}
	return done
}
