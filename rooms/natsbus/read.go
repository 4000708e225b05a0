package natsbus

import (
	"context"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
)

const (
	readTimeout = time.Second
	// mostTries to read a batch that there is, before it is taken for deleted.
	mostTries = 20
	// behindFor is how long a batch may be missing before it is read: it may be on its way.
	behindFor = 100 * time.Millisecond
)

// read has the sender read what comes behind the last batch that is known. mu is held.
func (s *subject) read() {
	if s.reading == 0 {
		s.toRead = true
		s.bus.sends.push(s)
	}
}

// readAgain is read, where one is under way that says no more. mu is held.
func (s *subject) readAgain() {
	s.reading = 0
	s.read()
}

// readLater has the pulse try the read under way again. mu is held.
func (s *subject) readLater() { s.reading, s.toRead = 0, true }

// readRequest is what the stream is asked: JSApiMsgGetRequest, of which brokers before 2.11
// heed no batch, and answer with one message.
type readRequest struct {
	Seq      uint64 `json:"seq,omitempty"`
	NextFor  string `json:"next_by_subj,omitempty"`
	LastFor  string `json:"last_by_subj,omitempty"`
	Batch    int    `json:"batch,omitempty"`
	MaxBytes int    `json:"max_bytes,omitempty"`
}

// Bounds of what one read is answered with.
const (
	readBatch = 256
	readBytes = 4 << 20
)

// ask notes that a read begins, and returns its request. mu is held.
func (s *subject) ask(now moment) readRequest {
	s.toRead, s.reading, s.readAt = false, s.bus.numbers.Add(1), now
	s.bus.stats.reads.Add(1)
	subject := inPrefix + s.token
	if s.onlyLast = !s.known && !s.followed() && (s.flight == nil || s.flight.number == 0); s.onlyLast {
		s.readOf, s.saw, s.fresh = s.mark, false, s.mark == (mark{})
		return readRequest{LastFor: subject}
	}
	from := uint64(1)
	switch {
	case s.goesOn:
		from = s.last + 1
	case s.known: // whether last is still there, too
		from, s.readOf, s.saw = max(from, s.last), s.mark, false
	default:
		s.readOf, s.saw = s.mark, false
	}
	s.goesOn = false
	s.fresh = s.fresh || s.mark == (mark{})
	return readRequest{Seq: from, NextFor: subject, Batch: readBatch, MaxBytes: readBytes}
}

// onRead handles a reply to a read.
func (s *subject) onRead(number uint64, m *nats.Msg) {
	var done settled
	s.mu.Lock()
	if s.reading == number {
		switch m.Header.Get("Status") {
		case "":
			done = s.onStored(m)
		case "404":
			done = s.readAll()
		case "204":
			if m.Header.Get("Nats-Num-Pending") == "0" {
				done = s.readAll()
				break
			}
			s.readAgain()
		default: // there is no stream just now
			s.readLater()
		}
	}
	s.mu.Unlock()
	done.tell()
}

// onStored handles a batch that was read. mu is held.
func (s *subject) onStored(m *nats.Msg) (done settled) {
	s.readAt = s.bus.now()
	if before, err := strconv.ParseUint(m.Header.Get("Nats-Last-Sequence"), 10, 64); err == nil && before > s.last {
		s.readAgain() // one of the replies was lost
		return done
	}
	at, h, messages, err := stored(m)
	if err != nil {
		s.bus.log.Error("bus", "room", s.room, "error", err)
		s.reading = 0
		return done
	}
	if !s.hasMark(at, h) {
		return done
	}
	s.saw = s.saw || at == s.readOf.at || s.readOf.at == 0 && at == s.last
	done = s.take(at, h, messages, true)
	switch {
	case s.last < at: // it was not taken
		s.reading = 0
	case s.onlyLast:
		if rest := s.readAll(); rest.receipts != nil {
			return rest
		}
	case m.Header.Get("Nats-Num-Pending") == "": // an old broker answers with one at a time
		s.goesOn = true
		s.readAgain()
	}
	return done
}

// readAll notes that there is nothing behind the last batch. mu is held.
func (s *subject) readAll() (done settled) {
	s.reading = 0
	if s.readOf.at != 0 && !s.saw {
		s.suspect()
		return done
	}
	if s.saw || s.last == 0 {
		s.sure = s.bus.now()
	}
	if s.ahead > s.last {
		if s.tries++; s.tries < mostTries {
			s.since = s.bus.now() // a replica that is behind; the pulse tries again
			return done
		}
		s.ahead = 0
	}
	if !s.known {
		s.beginLife()
		return done
	}
	if s.fresh && !s.ours && s.bus.progress.mayHaveLost(s.last) { // nobody may know what it has lost
		return s.renew(s.last, s.epoch)
	}
	s.fresh = false
	s.caughtUp()
	if s.isClaimed(s.seq) {
		s.askLeader()
	}
	return done
}

// caughtUp lets those go on who wait for what the room has. mu is held.
func (s *subject) caughtUp() {
	s.open()
	s.tellReached()
	s.advance()
}

// beginLife begins the room's life, with the flight or with a batch of no messages. mu is held.
func (s *subject) beginLife() {
	if s.flight == nil {
		if s.begin == nil {
			return // nobody needs it to
		}
		s.flight = &flight{data: make([]byte, headSize)}
	}
	if s.flight.number != 0 {
		s.read() // it may be there yet
		return
	}
	s.enter(head{epoch: newEpoch(s.mark.epoch), first: 1})
	s.ours, s.gone = true, false
	s.advance()
}

// reacher waits until a room has reached a place.
type reacher struct {
	since rooms.Since
	done  chan struct{}
	asked bool // the stream's leader was asked about the room since it has come
}

// reach is for Bus.Reach. Where the place is not reached in time, who comes from it is told of
// a gap.
func (s *subject) reach(ctx context.Context, since rooms.Since) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	done := make(chan struct{})
	s.mu.Lock()
	s.reached = append(s.reached, reacher{since: since, done: done})
	s.read() // and the pulse again, until it is reached
	s.mu.Unlock()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tellReachedIf(func(r reacher) bool { return r.done == done })
}

// reachTimeout bounds how long somebody waits who comes from a place that this node knows
// nothing of.
const reachTimeout = 2 * time.Second

// tellReached tells those that wait for what the room has reached. mu is held.
func (s *subject) tellReached() {
	s.tellReachedIf(func(r reacher) bool {
		return s.known && (r.since.Seq <= s.seq || r.since.Epoch != s.epoch.String())
	})
}

func (s *subject) tellReachedIf(met func(r reacher) bool) {
	rest := s.reached[:0]
	for _, r := range s.reached {
		if met(r) {
			close(r.done)
			continue
		}
		rest = append(rest, r)
	}
	clear(s.reached[len(rest):])
	s.reached = rest
}
