package natsbus

import "slices"

// Up reports whether any stream takes messages. Away has the streams that do not.
func (b *Bus) Up() bool {
	return slices.ContainsFunc(b.streams, func(s *stream) bool { return s.up.Load() })
}

// Away returns the names of the streams that take no messages from this node. Their rooms can neither be published to nor
// opened.
func (b *Bus) Away() (names []string) {
	for _, s := range b.streams {
		if !s.up.Load() {
			names = append(names, s.name)
		}
	}
	return names
}

// Streams returns for each stream, by its name, whether it takes messages from this node.
func (b *Bus) Streams() map[string]bool {
	takes := map[string]bool{}
	for _, s := range b.streams {
		takes[s.name] = s.up.Load()
	}
	return takes
}

// isUp reports whether the stream of a room takes messages.
func (b *Bus) isUp(room string) bool { return b.streamOf(room).up.Load() }

// setUp notes which streams take messages. When a stream goes away, the waiting messages of its rooms are refused. When it
// returns, its rooms are verified.
func (b *Bus) setUp(takes func(s *stream) bool) {
	changed := b.change(takes)
	if len(changed) == 0 {
		return
	}
	b.subjects.each(func(room *subject) {
		switch {
		case !slices.Contains(changed, room.stream):
		case room.stream.up.Load():
			room.verify()
		default:
			room.on(evBusAway)
		}
	})
}

// setDown notes that no stream takes messages: the connection is lost.
func (b *Bus) setDown() { b.setUp(func(*stream) bool { return false }) }

// change does the part of setUp that one goroutine does at a time, and returns the streams that have changed.
func (b *Bus) change(takes func(s *stream) bool) (changed []*stream) {
	b.changing.Lock()
	defer b.changing.Unlock()
	was := b.Up()
	if !was {
		b.notUp.Store(int64(b.now()))
	}
	for _, s := range b.streams {
		if now := takes(s); s.up.Swap(now) != now {
			changed = append(changed, s)
		}
	}
	b.logUp(was, b.Up(), changed)
	return changed
}

// logUp counts and logs that streams went away or have returned. If all did, it does so in one line.
func (b *Bus) logUp(was, is bool, changed []*stream) {
	switch {
	case was && !is:
		b.counters[Downs].Add(1)
		b.log.Warn("nats: brokers unavailable, publishing refused until they return", "node", nodeName(b.node))
	case is && !was:
		b.log.Info("nats: brokers available, messages are published", "node", nodeName(b.node))
		for _, s := range b.streams {
			b.logAway(s)
		}
	case is:
		for _, s := range changed {
			b.logAway(s)
			b.logReturned(s)
		}
	}
}

// logAway counts and logs a stream that is away, while others are not.
func (b *Bus) logAway(s *stream) {
	if s.up.Load() {
		return
	}
	b.counters[Downs].Add(1)
	b.log.Warn("nats: stream takes no messages, publishing to its rooms refused until it does: check the brokers' logs for its leader", "stream", s.name)
}

func (b *Bus) logReturned(s *stream) {
	if s.up.Load() {
		b.log.Info("nats: stream takes messages again", "stream", s.name)
	}
}
