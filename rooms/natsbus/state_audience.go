package natsbus

import (
	"plenum/rooms"
)

// following is the room of this node that gets the batches.
type following uint8

const (
	nobody  following = iota // there is none
	awaited                  // it is to be made
	filling                  // it has yet to get all that the stream keeps
	open                     // members are in it
)

// audience is those on this node for whom the room is followed.
type audience struct {
	following following
	waiters   []waiter
}

// waiter waits until a room has reached a position.
type waiter struct {
	since rooms.Since
	done  chan struct{}
	asked bool // the stream's leader was asked about the room since it has come
}

// followed tells whether a room of this node gets the batches, or is about to.
func (a *audience) followed() bool { return a.following != nobody }

// hasRoom tells whether a room of this node gets the batches.
func (a *audience) hasRoom() bool { return a.following == filling || a.following == open }

// isOpening tells whether Follow waits.
func (a *audience) isOpening() bool { return a.following == awaited || a.following == filling }

// finishOpening lets members join the follower, which has what is kept.
func (a *audience) finishOpening(t *transition) {
	if a.following == filling {
		a.following = open
		t.do(action{kind: actOpen})
	}
}

// endEpoch has the members of the room be sent away, to come back to its next epoch. A room that is not
// open yet begins with that.
func (a *audience) endEpoch(t *transition) {
	switch a.following {
	case open:
		a.following = nobody
		t.do(action{kind: actEnd})
	case filling:
		a.following = awaited
		t.do(action{kind: actDrop})
	}
}

// claims tells whether somebody waits who is met.
func (a *audience) anyWaiter(match func(w *waiter) bool) bool {
	for i := range a.waiters {
		if match(&a.waiters[i]) {
			return true
		}
	}
	return false
}

// release lets those waiters go on that are met.
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

// releaseReached lets those go on that wait for what the room has reached.
func (a *audience) releaseReached(t *transition, p *position) {
	if len(a.waiters) > 0 && p.phase != unknown {
		epoch := p.epoch.String()
		a.release(t, func(w *waiter) bool { return w.since.Seq <= p.seq || w.since.Epoch != epoch })
	}
}

// noteAsked notes that the stream's leader is asked about the room's last batch, or not.
func (a *audience) noteAsked(ofLast bool) {
	for i := range a.waiters {
		a.waiters[i].asked = ofLast
	}
}
