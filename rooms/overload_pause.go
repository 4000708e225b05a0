package rooms

import "time"

// Pauser is a Sink that can stop reading from its client for a while. An engine.Conn is one. Its
// methods are called with no lock held. Pauses do not nest: if a Sink was paused by two rooms, the
// first call of ResumeReading ends both pauses.
type Pauser interface {
	// PauseReading stops reading from the client. It is called inside Member.Publish, by the caller
	// of Publish, which must be a goroutine that may pause the Sink. For an engine.Conn, only the
	// goroutine that runs its OnMessage may.
	PauseReading()
	// ResumeReading ends the pause. It is called by any goroutine.
	ResumeReading()
}

// pausedPublisher is a publisher whose client is not read.
type pausedPublisher struct {
	publisher Pauser
	since     time.Time
}

// pause pauses m's Sink while the room is pressed, for maxPause at most. It does nothing if the Sink is no
// Pauser. mu is not held.
func (o *overload) pause(m *Member) {
	p, ok := m.sink.(Pauser)
	if !ok {
		return
	}
	p.PauseReading()
	o.room.mu.Lock()
	pressed := o.pressed.Load()
	if pressed {
		o.paused = append(o.paused, pausedPublisher{p, time.Now()})
	}
	o.room.mu.Unlock()
	if !pressed {
		p.ResumeReading()
		return
	}
	o.room.hub.counters[HeldBack].Add(1)
}

// resume ends each pause that has lasted maxPause. If the room is no longer pressed, it ends all
// pauses. mu is not held.
func (o *overload) resume(now time.Time) {
	o.room.mu.Lock()
	paused, over := o.paused, 0
	for over < len(paused) && (!o.pressed.Load() || now.Sub(paused[over].since) >= maxPause) {
		over++
	}
	o.paused = append([]pausedPublisher(nil), paused[over:]...) // copied, so that the resumed publishers can be freed
	o.room.mu.Unlock()
	for _, p := range paused[:over] {
		p.publisher.ResumeReading()
	}
}
