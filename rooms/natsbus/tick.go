package natsbus

import (
	"context"
	"time"
)

// Intervals and bounds of the periodic work.
const (
	tickEvery = 100 * time.Millisecond
	// probeAfter is the time without a message taken by the stream after which a probe is sent.
	probeAfter = time.Second
	// downAfter is the time without a message taken by a stream after which the stream is away.
	downAfter = 2500 * time.Millisecond
	// discoverTime is how long a node waits for the heartbeats of the others, after the stream was found, before
	// the bus is up.
	discoverTime = 3 * tickEvery
	// lookupEvery is the interval of looking up the stream while it takes nothing.
	lookupEvery = 5 * time.Second
	// stallLimit is the time between two ticks above which the process counts as having stood still.
	stallLimit = time.Second
	// checkAfter is the time after which a quiet room is checked for missed batches. It is longer if more than
	// checkRate checks per second would be due.
	checkAfter = 10 * time.Second
	checkRate  = 500
	// forgetAfter is the time after which an unneeded subject is dropped.
	forgetAfter = 10 * time.Second
)

// ticks does a node's periodic work. The goroutine of run owns it.
type ticks struct {
	bus  *Bus
	link *link

	last      moment        // time of the last tick
	resumed   moment        // time of the last tick before which the process stood still; 0: never
	watches   []streamWatch // by stream.number
	admission admission

	taking      int    // number of streams that take messages
	takingSince moment // since when taking is not 0; 0: it is 0
}

// streamWatch has the notes of ticks about a stream.
type streamWatch struct {
	*stream
	probed   moment // time of the last probe
	measured moment // time of the last request by measure
	notReady moment // last time at which the stream was not found
	lookedUp moment // last time at which ticks had the stream looked up
	takes    bool   // it takes messages, by the last check
}

func newTicks(l *link) *ticks {
	t := &ticks{bus: l.bus, link: l, admission: admission{bus: l.bus}}
	for _, s := range l.bus.streams {
		t.watches = append(t.watches, streamWatch{stream: s})
	}
	return t
}

// run ticks every tickEvery, until ctx ends.
func (t *ticks) run(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for number := uint64(0); ; number++ {
		t.tick(t.bus.now(), number)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tick does the work that is due now. number counts the ticks.
func (t *ticks) tick(now moment, number uint64) {
	b, l := t.bus, t.link
	if t.last != 0 && now-t.last > stallLimit {
		t.resumed = now
		b.subjects.each((*subject).verify)
	}
	t.last = now
	t.checkStreams(now)
	usable := t.admission.allows(now) && !b.full() && t.mayBeUp(now)
	t.admission.join(usable)
	b.setUp(func(s *stream) bool { return usable && t.watches[s.number].takes && s.ready.Load() })
	b.nodes.beat(l.conn, b.name, now)
	b.tickSubjects(now, number)
}

// checkStreams does the periodic work for all streams.
func (t *ticks) checkStreams(now moment) {
	t.taking = 0
	for i := range t.watches {
		w := &t.watches[i]
		w.measureWhenDue(t.link, now)
		if w.takes = w.check(t.link, now, t.resumed); w.takes {
			t.taking++
		}
	}
	switch {
	case t.taking == 0:
		t.takingSince = 0
	case t.takingSince == 0:
		t.takingSince = now
	}
}

// mayBeUp reports whether the bus may be up. If it was away, it waits for all streams, at most as long as a stream may be
// silent.
func (t *ticks) mayBeUp(now moment) bool {
	return t.taking == len(t.watches) || t.taking > 0 && (t.bus.Up() || now-t.takingSince >= downAfter)
}

// discoverTime returns how long this node waits for the heartbeats of the others. With a broker in this process there are
// no others.
func (b *Bus) discoverTime() moment {
	if b.cfg.Broker != nil {
		return 0
	}
	return discoverTime
}

// full reports whether the broker in this process cannot store messages now.
func (b *Bus) full() bool { return b.cfg.Broker != nil && b.cfg.Broker.Full() }

// check does the periodic work for a stream. It reports whether the stream takes messages. resumed is the time at which the
// process last went on after it stood still; 0: never. Before, the process could not receive the stream's answers.
func (w *streamWatch) check(l *link, now, resumed moment) (takes bool) {
	ready, acked := w.ready.Load(), moment(w.progress.acked.Load())
	silent := now - max(acked, resumed)
	if ready && w.mustProbe(now, acked) {
		w.probed = now
		l.probe(w.stream)
	}
	if !ready {
		w.notReady = now
	}
	if l.conn.IsConnected() && silent > downAfter && now-w.lookedUp > lookupEvery {
		w.lookedUp = now
		w.request() // the stream may be gone
	}
	return ready && now-w.notReady >= l.bus.discoverTime() && acked != 0 && silent < downAfter
}

// mustProbe reports whether a probe is due. acked is the last time at which the stream took a message; 0: never.
func (w *streamWatch) mustProbe(now, acked moment) bool {
	silent := acked == 0 || now-acked > probeAfter
	return silent && (w.probed == 0 || now-w.probed > probeAfter/2) || now-w.probed > checkAfter
}

// tickGroups is the number of groups of subjects. Each tick does the periodic work of one group.
const tickGroups = 5

// tickSubjects does the periodic work of one group of subjects.
func (b *Bus) tickSubjects(now moment, number uint64) {
	b.mu.Lock()
	due := b.subjects.due(number)
	alive, resync := b.nodes.alive(now), b.nodes.resync.includes(number)
	b.mu.Unlock()
	budget := checkRate * int(tickEvery) / int(time.Second)
	for _, s := range due {
		s.tick(now, alive, resync, &budget)
	}
	b.subjects.drop(due, now)
}

// isNeeded reports whether s must not be dropped.
func (s *subject) isNeeded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sub != nil || !s.state.isIdle()
}

// tick does the periodic work of a room. budget is the number of rooms that may still be checked in this tick.
func (s *subject) tick(now moment, alive map[uint64]bool, resync bool, budget *int) {
	var after outcome
	s.mu.Lock()
	e := event{kind: evTick, mayCheck: *budget > 0, stream: s.stream.progress.view()}
	if s.step(&e, &after); after.checked {
		*budget--
	}
	if !s.state.followed() {
		s.presence.others = nil
	}
	s.presence.update(s.follower, s.bus.node, now, alive, resync)
	if s.presence.due || s.state.followed() != (s.sub != nil) {
		s.bus.sends.push(s)
	}
	s.mu.Unlock()
	after.finish()
	if !s.stream.up.Load() {
		s.on(evBusAway) // refuses messages that came just as the stream went away
	}
}
