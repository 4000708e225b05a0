package natsbus

import (
	"context"
	"time"

	"plenum/rooms"
)

// follow is for Bus.Follow. There is one follower at a time: that of before is one of a room that
// has gone, and is told no more.
func (s *subject) follow(ctx context.Context, begin func(epoch rooms.Epoch) *rooms.Room) (unfollow func(), err error) {
	opened := make(chan struct{})
	var after outcome
	s.mu.Lock()
	s.follower, s.begin, s.opened = nil, begin, opened
	s.presence.wantsReports = true // who is here is known by the time that the room is open
	s.reportSoon()
	s.step(&event{kind: evFollow}, &after)
	s.mu.Unlock()
	after.finish()
	select {
	case <-opened:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened == opened { // it is not open
		s.unfollow()
		return nil, rooms.ErrBus
	}
	return s.unfollowOf(s.follower), nil
}

// unfollowOf ends what follow has begun.
func (s *subject) unfollowOf(r *rooms.Room) func() {
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r != nil && s.follower == r {
			s.unfollow()
		}
	}
}

// unfollow has nobody follow the room. mu is held.
func (s *subject) unfollow() {
	var after outcome // nothing: nobody is told
	s.follower, s.begin, s.opened = nil, nil, nil
	s.step(&event{kind: evUnfollow}, &after)
}

// reach is for Bus.Reach. If the position is not reached in time, the resuming member is told of
// a gap.
func (s *subject) reach(ctx context.Context, since rooms.Since) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	done := make(chan struct{})
	s.handle(&event{kind: evReach, since: since, done: done})
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	s.handle(&event{kind: evReachTimeout, done: done})
}

// reachTimeout bounds how long somebody waits who comes from a position that this node knows
// nothing of.
const reachTimeout = 2 * time.Second
