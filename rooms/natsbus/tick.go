package natsbus

import (
	"context"
	"strconv"
	"time"
)

// How often what is under way is looked at, and what follows from how long it is.
const (
	tickEvery = 100 * time.Millisecond
	// probeAfter is how long the stream has taken nothing before it is tried whether it does.
	probeAfter = time.Second
	// downAfter is how long it has taken nothing before the bus is away.
	downAfter = 2500 * time.Millisecond
	// meetTime is how long a node that has come waits to hear of the others.
	meetTime = 3 * tickEvery
	// seekEvery is how often the stream is looked for where it takes nothing.
	seekEvery = 5 * time.Second
	// stalled is how late a tick is where this process has stood still.
	stalled = time.Second
	// checkAfter is how long a room has been still before it is asked whether anything was
	// missed; longer where there are more than checkRate a second for it.
	checkAfter = 10 * time.Second
	checkRate  = 500
	// forgetAfter is how long a subject is kept that nobody needs.
	forgetAfter = 10 * time.Second
)

// tick does what time brings, until ctx ends.
func (b *Bus) tick(ctx context.Context, l *link) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	var probed, before, began, sought moment
	for turn := uint64(0); ; turn++ {
		now := b.now()
		if before != 0 && now-before > stalled {
			b.subjects.each((*subject).verify)
		}
		before = now
		ready := l.ready.Load()
		acked := moment(b.progress.acked.Load())
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
		b.nodes.beat(l.conn, b.name, now)
		b.look(now, turn)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// looks is in how many ticks each subject is looked at once.
const looks = 5

// look looks at the subjects whose turn it is.
func (b *Bus) look(now moment, turn uint64) {
	b.mu.Lock()
	due := b.subjects.due(turn)
	alive, heal := b.nodes.alive(now), b.nodes.heal.after(turn)
	b.mu.Unlock()
	budget := checkRate * int(tickEvery) / int(time.Second)
	for _, s := range due {
		s.look(now, alive, heal, &budget)
	}
	b.subjects.drop(due, now)
}

// isNeeded tells whether there is anything to lose in s.
func (s *subject) isNeeded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sub != nil || !s.state.idles()
}

// look does what time brings for a room. budget is how many rooms may yet be checked.
func (s *subject) look(now moment, alive map[uint64]bool, heal bool, budget *int) {
	var after outcome
	s.mu.Lock()
	e := event{kind: evTick, mayCheck: *budget > 0, stream: s.bus.progress.view()}
	if s.step(&e, &after); after.checked {
		*budget--
	}
	s.count(now, alive, heal)
	if s.presence.due || s.state.followed() != (s.sub != nil) {
		s.bus.sends.push(s)
	}
	s.mu.Unlock()
	after.settle()
	if !s.bus.Up() {
		s.on(evAway) // what came while it went away
	}
}
