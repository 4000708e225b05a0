package rooms

import "sync/atomic"

// Sink is where a member's frames go; an engine.Conn with a name is one.
type Sink interface {
	// WriteFrames takes whole frames from the start of b, which it does not
	// keep, without waiting, and returns how many bytes. Fewer than len(b)
	// without an error mean that it is full; it then sees to it that
	// Member.Drained is called when it is not. After an error nothing is
	// expected of it any more but the member's Leave.
	WriteFrames(b []byte) (taken int, err error)
	// Close ends it with a WebSocket close code and reason.
	Close(code int, reason string) error
	// Name is the member's name, as others see it. It does not change, and is asked with locks
	// held: it waits for nothing and calls nothing.
	Name() string
}

// Listener is a Sink that only listens: it is neither announced nor listed.
type Listener interface{ Listens() }

func listens(s Sink) bool {
	_, only := s.(Listener)
	return only
}

// Member is one member of one room, or is yet to join it. It is 48 bytes and lies in its owner's
// struct; Hub.Join makes it one, once, and it must not be copied from then on.
type Member struct {
	sink    Sink                    // set by Join
	segment atomic.Pointer[segment] // set by Join, stays after Leave

	// Owned by the segment's flush: the position it is to be written from, if that
	// is past the segment's; negative: it skips, from message -at on.
	at     int64
	behind bool // owned by the segment's flush, changed with mu held: at is its own position, its last write was cut

	view  uint8  // set by Join
	marks uint16 // guarded by Room.mu
	slot  int32  // guarded by Room.mu: index in segment.members
	chunk *chunk // guarded by Room.mu: where at lies, while it is behind
}

// Member.marks.
const (
	left        uint16 = 1 << iota // Leave was called
	skipping                       // it fell too far behind, and goes on at the head once it has drained
	drained                        // the sink has room again
	inReady                        // it waits in segment.ready
	catching                       // the flush under way writes it from its own position
	replaying                      // it reads what was kept, and has not reached the others yet
	unannounced                    // that it has joined is in Room.presence.notices
	wasFull                        // the sink was full since the member last kept up
	full                           // wasFull, and it has taken bytes within unseenFor; counted by overload
	trailing                       // full, and it has taken bytes since; counted by overload
	stalled                        // it has taken no byte for stalledFor; counted by overload
)

// isViewer is 1 for a member that reads another view than the log's.
func (m *Member) isViewer() int { return int(min(m.view, 1)) }

// Publish publishes a message to the member's room. body is what Config.Frame takes; it stays
// the caller's. now is in Unix milliseconds. to, which may be nil, is told its position, or why it
// was not taken: ErrBacklog, and with a Bus ErrBus or ErrUnknown. Without one it is told before
// Publish returns. If the room's members do not keep up, and m's sink is a Pauser, the sink is
// paused for a second at most.
func (m *Member) Publish(body []byte, now int64, to Receipt) {
	r := m.segment.Load().room
	err := r.submit(m, body, now, to)
	if err == errUnannounced {
		r.presence.introduce(m, now)
		err = r.submit(nil, body, now, to)
	}
	if err != nil {
		failed(to, err)
	}
	if r.overload.pressed.Load() {
		r.overload.pause(m)
	}
}

// Room is the name of m's room.
func (m *Member) Room() string { return m.segment.Load().room.name }

// Leave takes m out of its room; now is the time of the announcement in Unix
// milliseconds. No flush that begins after it writes to m's sink, but one under
// way still may: then ended is closed when that is over, else it is nil. It does nothing
// where m has not joined.
func (m *Member) Leave(now int64) (ended <-chan struct{}) {
	s := m.segment.Load()
	if s == nil {
		return nil
	}
	ended, announce := s.room.leave(s, m, now)
	s.room.hub.counters[Members].Add(-1)
	if announce != nil {
		announce()
	}
	return ended
}

// Drained says that the sink has room again. It may come at any time, also
// once too often, and holds a lock only briefly; it calls nothing.
func (m *Member) Drained() {
	s := m.segment.Load()
	if s == nil {
		return
	}
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	m.marks |= drained
	waiting := m.chunk != nil || m.marks&skipping != 0
	if !m.behind || !waiting || m.marks&(left|inReady|catching) != 0 {
		return
	}
	s.makeReady(m)
	s.flushSoon()
}

// leaveChunk ends m's reading of its chunk. room.mu is held.
func (m *Member) leaveChunk() {
	if m.chunk != nil {
		m.chunk.readers--
		m.chunk = nil
	}
}
