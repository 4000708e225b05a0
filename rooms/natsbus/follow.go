package natsbus

import (
	"context"
	"time"

	"plenum/rooms"
)

// follow does the work of Share.Follow. A subject has one follower at a time. An earlier follower belongs to a
// room that is gone, and receives nothing more.
func (s *subject) follow(ctx context.Context, begin func(epoch rooms.Epoch) *rooms.Room) (unfollow func(), err error) {
	opened := make(chan struct{})
	var after outcome
	s.mu.Lock()
	s.follower, s.begin, s.opened = nil, begin, opened
	s.presence.wantsReports = true // so that the members at other nodes are known when the room is open
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
	if s.opened == opened { // not open yet
		s.unfollow()
		return nil, rooms.ErrBus
	}
	return s.unfollowOf(s.follower), nil
}

// unfollowOf returns a function that ends the following of r, if r still is the follower.
func (s *subject) unfollowOf(r *rooms.Room) func() {
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r != nil && s.follower == r {
			s.unfollow()
		}
	}
}

// unfollow leaves the room without a follower. mu is held.
func (s *subject) unfollow() {
	var after outcome // stays empty: evUnfollow calls no receipts
	s.follower, s.begin, s.opened = nil, nil, nil
	s.step(&event{kind: evUnfollow}, &after)
}

// reach does the work of Share.Reach. If the position is not reached within reachTimeout, the resuming member
// receives a gap.
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

// reachTimeout bounds the wait of a resuming member whose position is ahead of this node.
const reachTimeout = 2 * time.Second
