package rooms

import "time"

// writeDelay holds a room's frames for Config.WriteDelay, so that more messages share a write. Room.mu guards it.
//
// Held frames are those from position due on. If there are any, active is true. No segment is queued for held frames alone.
type writeDelay struct {
	timer  *time.Timer // made when frames are held for the first time; it may outlive the room by the delay
	active bool        // the timer is running
	due    int64       // a position in the log; the frames before it are not held any more
}

// maxHeld returns the number of bytes of held frames that ends the delay: the size of a large chunk, or a quarter of SlowLag
// if that is less. A room is pressed at half of SlowLag.
func (r *Room) maxHeld() int64 { return min(largeChunk, r.hub.cfg.SlowLag/4) }

// hold holds the frames that were just appended, until the delay of the first held frame is over, or there are maxHeld bytes.
// mu is held.
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
		d.timer.Stop() // if the timer has fired just now, the next frames are held for less than the delay
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
