package natsbus

import (
	"context"

	"plenum/rooms"
)

// follow is for Bus.Follow. There is one follower at a time: that of before is one of a room that
// has gone, and is told no more.
func (s *subject) follow(ctx context.Context, begin func(epoch rooms.Epoch) *rooms.Room) (unfollow func(), err error) {
	opened := make(chan struct{})
	s.mu.Lock()
	s.follower, s.begin, s.opened = nil, begin, opened
	s.presence.greet = true // who is here is known by the time that the room is open
	s.tellSoon()
	if !s.ours {
		s.known, s.last, s.ahead, s.gone, s.goesOn = false, 0, 0, false, false
		s.verify()
	}
	s.mu.Unlock()
	select {
	case <-opened:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened == opened { // it is not open
		s.follower, s.begin, s.opened = nil, nil, nil
		s.bus.sends.push(s)
		return nil, rooms.ErrBus
	}
	return s.unfollowOf(s.follower), nil
}

// open lets the follower be joined, which has what is kept. mu is held.
func (s *subject) open() {
	if s.begin != nil && s.follower != nil {
		close(s.opened)
		s.begin, s.opened = nil, nil
	}
}

// unfollowOf ends what follow has begun.
func (s *subject) unfollowOf(r *rooms.Room) func() {
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.follower == r {
			s.follower = nil
			s.bus.sends.push(s)
		}
	}
}

// restart is for a bus that is back: what was missed is read, and who is here told.
func (s *subject) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.presence.greet = true
	s.verify()
}

// anew is for a stream that is another than before: all lives have ended.
func (s *subject) anew() {
	var done settled
	s.mu.Lock()
	if f := s.flight; f != nil && f.number != 0 {
		done.receipts, done.err = f.receipts, rooms.ErrUnknown
		s.flight = nil
	}
	done.ended = s.end()
	s.known, s.ours, s.last, s.ahead, s.mark = false, false, 0, 0, mark{}
	s.verify()
	s.mu.Unlock()
	done.tell()
}

// check has the stream be asked whether anything was missed.
func (s *subject) check() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read()
}
