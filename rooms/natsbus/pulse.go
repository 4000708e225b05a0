package natsbus

import (
	"context"
	"strconv"
	"time"
)

// How often what is under way is looked at, and what follows from how long it is.
const (
	pulseEvery = 100 * time.Millisecond
	// probeAfter is how long the stream has taken nothing before it is tried whether it does.
	probeAfter = time.Second
	// downAfter is how long it has taken nothing before the bus is away.
	downAfter = 2500 * time.Millisecond
	// meetTime is how long a node that has come waits to hear of the others.
	meetTime = 3 * pulseEvery
	// seekEvery is how often the stream is looked for where it takes nothing.
	seekEvery = 5 * time.Second
	// stalled is how late a pulse is where this process has stood still.
	stalled = time.Second
	// checkAfter is how long a room has been still before it is asked whether anything was
	// missed; longer where there are more than checkRate a second for it.
	checkAfter = 10 * time.Second
	checkRate  = 500
	// forgetAfter is how long a subject is kept that nobody needs.
	forgetAfter = 10 * time.Second
)

// pulse does what time brings, until ctx ends.
func (b *Bus) pulse(ctx context.Context, l *link) {
	ticker := time.NewTicker(pulseEvery)
	defer ticker.Stop()
	var probed, before, began, sought moment
	for turn := uint64(0); ; turn++ {
		now := b.now()
		if before != 0 && now-before > stalled {
			b.each((*subject).restart)
		}
		before = now
		ready := l.ready.Load()
		acked := moment(b.acked.Load())
		silent := now - acked
		if ready && ((acked == 0 || silent > probeAfter) && (probed == 0 || now-probed > probeAfter/2) || now-probed > checkAfter) {
			probed = now
			high := strconv.FormatUint(b.progress.high.Load(), 36)
			_ = l.conn.PublishRequest(probePrefix+nodeName(b.node), l.inbox+string(rune(probeKind))+".0."+high, nil)
		}
		if !ready {
			began = now
		}
		if l.conn.IsConnected() && silent > downAfter && now-sought > seekEvery {
			sought = now
			l.renewed() // the stream may be gone
		}
		b.setUp(ready && now-began >= meetTime && acked != 0 && silent < downAfter)
		b.beat(l, now)
		b.look(now, turn)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// looks is in how many pulses each subject is looked at once.
const looks = 5

// look looks at the subjects whose turn it is.
func (b *Bus) look(now moment, turn uint64) {
	b.mu.Lock()
	var due []*subject
	for _, s := range b.subjects {
		if s.id%looks == turn%looks {
			due = append(due, s)
		}
	}
	alive, heal := b.alive(now), b.heal.after(turn)
	b.mu.Unlock()
	budget := checkRate * int(pulseEvery) / int(time.Second)
	for _, s := range due {
		s.look(now, alive, heal, &budget)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range due {
		switch {
		case s.users > 0 || s.isNeeded():
			s.idle = 0
		case s.idle == 0:
			s.idle = now
		case now-s.idle > forgetAfter:
			delete(b.subjects, s.room)
			delete(b.byID, s.id)
		}
	}
}

// isNeeded tells whether there is anything to lose in s.
func (s *subject) isNeeded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.idles()
}

// look does what time brings for a room. budget is how many rooms may yet be checked.
func (s *subject) look(now moment, alive map[uint64]bool, heal bool, budget *int) {
	s.mu.Lock()
	done := s.overdue(now)
	if s.reading != 0 && now-s.readAt > readTimeout {
		s.readLater()
	}
	s.leaderLate(now)
	switch {
	case s.toRead:
	case s.ahead > s.last && now-s.since > behindFor, len(s.reached) > 0, s.begin != nil && !s.known:
		s.read()
	case s.followed() && now-max(s.sure, s.asked) > checkAfter && *budget > 0:
		*budget--
		s.asked = now
		s.read()
	}
	late := now-s.latest > s.bus.cfg.kept()/4
	if s.follower != nil && s.known && !s.doubt && s.flight == nil && (late || s.bus.progress.mayHaveLost(s.last)) {
		s.flight = &flight{data: make([]byte, headSize)} // so that the stream keeps the room's place, and that others see that it lost nothing
	}
	s.advance()
	s.count(now, alive, heal)
	if s.toRead || s.toAsk || s.takesOff(now) || s.presence.due || s.followed() != (s.sub != nil) {
		s.bus.sends.push(s)
	}
	s.mu.Unlock()
	done.tell()
	if !s.bus.Up() {
		s.refuse() // what came while it went away
	}
}
