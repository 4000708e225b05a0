package natsbus

import (
	"context"
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
	discoverTime = 3 * tickEvery
	// seekEvery is how often the stream is looked for where it takes nothing.
	lookupEvery = 5 * time.Second
	// stalled is how late a tick is where this process has stood still.
	stallLimit = time.Second
	// checkAfter is how long a room has been still before it is asked whether anything was
	// missed; longer where there are more than checkRate a second for it.
	checkAfter = 10 * time.Second
	checkRate  = 500
	// forgetAfter is how long a subject is kept that nobody needs.
	forgetAfter = 10 * time.Second
)

// ticks is what a node does from time to time, and when it did it last. One goroutine owns it, that of run.
type ticks struct {
	bus  *Bus
	link *link

	last     moment // the last tick
	probed   moment
	notReady moment // when the stream was not there last
	lookedUp moment // when the stream was looked for
}

// run does what time brings, until ctx ends.
func (t *ticks) run(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for turn := uint64(0); ; turn++ {
		t.tick(t.bus.now(), turn)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tick does what is due now.
func (t *ticks) tick(now moment, turn uint64) {
	b, l := t.bus, t.link
	if t.last != 0 && now-t.last > stallLimit {
		b.subjects.each((*subject).verify)
	}
	t.last = now
	ready, acked := l.ready.Load(), moment(b.progress.acked.Load())
	silent := now - acked
	if ready && t.mustProbe(now, acked) {
		t.probed = now
		l.probe()
	}
	if !ready {
		t.notReady = now
	}
	if l.conn.IsConnected() && silent > downAfter && now-t.lookedUp > lookupEvery {
		t.lookedUp = now
		l.requestStream() // the stream may be gone
	}
	b.setUp(ready && now-t.notReady >= discoverTime && acked != 0 && silent < downAfter)
	b.nodes.beat(l.conn, b.name, now)
	b.tickSubjects(now, turn)
}

// mustProbe tells whether to find out whether the stream takes anything. It took something at acked last; 0:
// it has not yet.
func (t *ticks) mustProbe(now, acked moment) bool {
	silent := acked == 0 || now-acked > probeAfter
	return silent && (t.probed == 0 || now-t.probed > probeAfter/2) || now-t.probed > checkAfter
}

// looks is in how many ticks each subject is looked at once.
const tickGroups = 5

// look looks at the subjects whose turn it is.
func (b *Bus) tickSubjects(now moment, turn uint64) {
	b.mu.Lock()
	due := b.subjects.due(turn)
	alive, heal := b.nodes.alive(now), b.nodes.resync.includes(turn)
	b.mu.Unlock()
	budget := checkRate * int(tickEvery) / int(time.Second)
	for _, s := range due {
		s.tick(now, alive, heal, &budget)
	}
	b.subjects.drop(due, now)
}

// isNeeded tells whether there is anything to lose in s.
func (s *subject) isNeeded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sub != nil || !s.state.isIdle()
}

// look does what time brings for a room. budget is how many rooms may yet be checked.
func (s *subject) tick(now moment, alive map[uint64]bool, heal bool, budget *int) {
	var after outcome
	s.mu.Lock()
	e := event{kind: evTick, mayCheck: *budget > 0, stream: s.bus.progress.view()}
	if s.step(&e, &after); after.checked {
		*budget--
	}
	if !s.state.followed() {
		s.presence.others = nil
	}
	s.presence.update(s.follower, s.bus.node, now, alive, heal)
	if s.presence.due || s.state.followed() != (s.sub != nil) {
		s.bus.sends.push(s)
	}
	s.mu.Unlock()
	after.finish()
	if !s.bus.Up() {
		s.on(evBusAway) // what came while it went away
	}
}
