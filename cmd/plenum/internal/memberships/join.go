package memberships

import (
	"context"
	"errors"
	"time"

	"plenum/rooms"
)

// Join joins a room, and answers j. If the room is not open on this node, or a leave is not answered yet, another goroutine does
// both.
func (s *Set) Join(h *Host, j Join) {
	s.change.Lock()
	defer s.change.Unlock()
	switch {
	case s.slots.in(j.Room) != nil || s.pending.of(j.Room) != nil:
		j.Answer.Refused(ErrJoined)
		return
	case int(s.slots.count)+s.pending.len() >= j.Max:
		j.Answer.Refused(ErrTooMany)
		return
	}
	if s.pending.leaves() == nil && h.Hub.IsOpen(j.Room, j.Since) && s.enter(h, j) == nil {
		return
	}
	s.enterLater(h, j)
}

// enter joins a room that is open, and answers. If the room has been closed meanwhile and the bus is needed to open it
// again, enter does neither and returns rooms.ErrBus. change is held.
func (s *Set) enter(h *Host, j Join) error {
	s.mu.Lock()
	m := s.slots.add()
	s.mu.Unlock()
	p, err := h.Hub.Resume(m, j.Room, j.Sink, j.Since, time.Now().UnixMilli())
	if err != nil {
		s.mu.Lock()
		s.slots.giveBack(m)
		s.mu.Unlock()
		if errors.Is(err, rooms.ErrBus) {
			return err
		}
		j.Answer.Refused(err)
		return nil
	}
	ready := j.Answer.Joined(m, p)
	s.mu.Lock()
	s.slots.take(m)
	s.mu.Unlock()
	if ready {
		m.Drained()
	}
	return nil
}

// enterLater carries out a join on another goroutine, after the room is open. The number of these goroutines is
// limited to Join.Max per connection, even if the client leaves rooms before they are open. Further joins
// wait until one of the goroutines is free. change is held.
func (s *Set) enterLater(h *Host, j Join) {
	pending := s.withPending()
	pending.all = append(pending.all, &pendingJoin{Join: j, leaving: pending.leaving})
	if pending.openers >= j.Max {
		return
	}
	pending.openers++
	h.waits.Go(func() { s.openPending(h) })
}

// openPending opens and joins rooms until no join is waiting.
func (s *Set) openPending(h *Host) {
	for p := s.nextPending(); p != nil; p = s.nextPending() {
		s.openAndEnter(h, p)
	}
}

// nextPending returns the next waiting join. If there is none, it returns nil and no longer counts the calling
// goroutine, which must end.
func (s *Set) nextPending() *pendingJoin {
	s.change.Lock()
	defer s.change.Unlock()
	p := s.pending.next()
	if p == nil {
		s.pending.openers--
	}
	return p
}

// openAndEnter opens a room on this node and joins it, unless the client has left it meanwhile.
func (s *Set) openAndEnter(h *Host, p *pendingJoin) {
	if p.leaving != nil {
		<-p.leaving
	}
	// The hub bounds this wait. A leave does not end it, so that the number of goroutines bounds the number of
	// simultaneous requests of this connection to the bus.
	done, err := h.Hub.Open(context.Background(), p.Room, p.Since)
	if err == nil {
		defer done()
	}
	s.change.Lock()
	defer s.change.Unlock()
	if !s.pending.settle(p) {
		return
	}
	if err == nil {
		err = s.enter(h, p.Join)
	}
	if err != nil {
		p.Answer.Refused(err)
	}
}
