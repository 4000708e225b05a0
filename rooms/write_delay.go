package rooms

import "time"

// writeDelay holds a room's frames back for Config.WriteDelay, so that more messages share a write. Room.mu guards it.
//
// The segments of held frames are idle. Frames before due are not held any more. If there are frames after due, active is
// true.
type writeDelay struct {
	timer  *time.Timer // made when frames are held for the first time; it may outlive the room by the delay
	active bool        // the timer is running
	due    int64       // a position in the log
}

// maxHeld is the largest number of bytes that are held. It is a large chunk, or less if so much is a backlog already.
func (r *Room) maxHeld() int64 { return min(largeChunk, r.hub.cfg.SlowLag/4) }

// hold holds the frames that were just appended, until the delay of the first of them is over, or there are too many. mu is
// held.
func (r *Room) hold() {
	d := r.delay
	if !d.active {
		d.active = true
		if d.timer == nil {
			d.timer = time.AfterFunc(r.hub.cfg.WriteDelay, r.delayOver)
		} else {
			d.timer.Reset(r.hub.cfg.WriteDelay)
		}
	}
	if r.log.head-d.due >= r.maxHeld() {
		d.timer.Stop() // if it has fired just now, the next frames are held for less than the delay
		r.stopHolding()
	}
}

// holds reports whether the next frames for s are held. mu is held.
func (r *Room) holds(s *segment) bool { return r.delay != nil && s.at >= r.delay.due }

// delayOver runs when the timer fires.
func (r *Room) delayOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopHolding()
}

// stopHolding queues the segments with held frames. mu is held.
func (r *Room) stopHolding() {
	r.delay.active, r.delay.due = false, r.log.head
	r.members.queueHeld()
}
