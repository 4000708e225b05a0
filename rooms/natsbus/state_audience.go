package natsbus

import (
	"plenum/rooms"
)

// following is the state of the follower: the room of this node that receives the batches.
type following uint8

const (
	noFollower following = iota // there is no follower
	awaited                     // Follow waits, and the first batch creates the follower
	filling                     // the follower has not received the whole history yet
	open                        // members may join the follower
)

// audience is the part of a state that serves this node's clients: the follower, and resuming members that wait.
type audience struct {
	following following
	waiters   []waiter
}

// waiter is a resuming member that waits until the room has reached its position.
type waiter struct {
	since rooms.Since
	done  chan struct{}
	asked bool // the stream's leader was asked about the room's last batch after the waiter came
}

// followed reports whether there is a follower, or will be one.
func (a *audience) followed() bool { return a.following != noFollower }

// hasRoom reports whether there is a follower.
func (a *audience) hasRoom() bool { return a.following == filling || a.following == open }

// isOpening reports whether Follow waits.
func (a *audience) isOpening() bool { return a.following == awaited || a.following == filling }

// finishOpening opens the follower, which has received the whole history.
func (a *audience) finishOpening(t *transition) {
	if a.following == filling {
		a.following = open
		t.do(action{kind: actOpen})
	}
}

// endEpoch ends the follower of an epoch that has ended. Its members are closed, and reconnect to the next epoch.
// A follower that is not open yet is discarded, and the next epoch gets a new one.
func (a *audience) endEpoch(t *transition) {
	switch a.following {
	case open:
		a.following = noFollower
		t.do(action{kind: actEnd})
	case filling:
		a.following = awaited
		t.do(action{kind: actDrop})
	}
}

// anyWaiter reports whether a waiter matches.
func (a *audience) anyWaiter(match func(w *waiter) bool) bool {
	for i := range a.waiters {
		if match(&a.waiters[i]) {
			return true
		}
	}
	return false
}

// release ends the wait of the waiters that match.
func (a *audience) release(t *transition, match func(w *waiter) bool) {
	rest := a.waiters[:0]
	for i := range a.waiters {
		if match(&a.waiters[i]) {
			t.do(action{kind: actReached, done: a.waiters[i].done})
			continue
		}
		rest = append(rest, a.waiters[i])
	}
	clear(a.waiters[len(rest):])
	a.waiters = rest
}

// releaseReached ends the wait of the waiters whose position the room has reached, or whose epoch is another.
func (a *audience) releaseReached(t *transition, p *position) {
	if len(a.waiters) > 0 && p.phase != unknown {
		epoch := p.epoch.String()
		a.release(t, func(w *waiter) bool { return w.since.Seq <= p.seq || w.since.Epoch != epoch })
	}
}

// noteAsked notes for each waiter whether the leader is now asked about the room's last batch.
func (a *audience) noteAsked(ofLast bool) {
	for i := range a.waiters {
		a.waiters[i].asked = ofLast
	}
}
