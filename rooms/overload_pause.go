package rooms

import "time"

// Pauser is a Sink whose client can be kept from speaking for a while. An engine.Conn is one.
type Pauser interface {
	// PauseReading stops reading from the client. It is called within Member.Publish.
	PauseReading()
	// ResumeReading ends a pause. Any goroutine calls it.
	ResumeReading()
}

// pausedPublisher is a publisher that is not read from.
type pausedPublisher struct {
	publisher Pauser
	since     time.Time
}

// pause keeps m from speaking while the room is pressed, for pauseMost at most.
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

// resume ends the pauses that are over.
func (o *overload) resume(now time.Time) {
	o.room.mu.Lock()
	paused, over := o.paused, 0
	for over < len(paused) && (!o.pressed.Load() || now.Sub(paused[over].since) >= maxPause) {
		over++
	}
	o.paused = append([]pausedPublisher(nil), paused[over:]...) // lets go of the others
	o.room.mu.Unlock()
	for _, p := range paused[:over] {
		p.publisher.ResumeReading()
	}
}
