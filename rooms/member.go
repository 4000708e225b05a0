package rooms

import "sync/atomic"

// Sink receives the frames of a member. An engine.Conn with a name is one. After Member.Leave,
// WriteFrames is not called any more (see there). But Name, Close, Pauser.ResumeReading, Acker.Acked and
// Joiner.WriteCollected may still be called, for up to some seconds. So a Sink must not be reused for
// another client.
type Sink interface {
	// WriteFrames takes whole frames from the start of b and returns their length in bytes. It does
	// not keep b, does not change it, and does not wait. If it takes fewer than len(b) bytes
	// without an error, the Sink is full. It must then call Member.Drained when it can take bytes
	// again. After an error, the owner must call Member.Leave; until then, further flushes call
	// WriteFrames again. It is called with no lock held, by one goroutine at a time.
	WriteFrames(b []byte) (taken int, err error)
	// Close closes the connection with a WebSocket close code and reason. It is called with no lock
	// held. It returns an error if the connection is already closing.
	Close(code int, reason string) error
	// Name returns the member's name, as others see it. It always returns the same name. It is
	// called with locks held, so it must not wait and must not call this package.
	Name() string
}

// Listener is a Sink that receives messages without being visible: its joins and leaves are not
// announced, and its name is not listed. It counts as a member.
type Listener interface{ Listens() }

func listens(s Sink) bool {
	_, only := s.(Listener)
	return only
}

// Member is a member of a room, or will be after Join. It is 48 bytes long and meant to be a field
// of its owner. Hub.Join or Hub.Resume must succeed once; a call that fails may be repeated. From the
// first call on, a Member must not be copied. Until a call has succeeded, Leave and Drained do
// nothing, and Publish panics.
type Member struct {
	sink    Sink                    // set by Join
	segment atomic.Pointer[segment] // set by Join; stays after Leave

	// Owned by the segment's flush, changed with Room.mu held. If the member is behind, at is its own
	// position. If at is negative, the member skips, and -at is the number of the first message that it
	// has missed. If the member is not behind, it is written from at or from the segment's position,
	// whichever is later. So a member that has just joined receives no frames from before its join.
	at     int64
	behind bool // a write was cut, or the member has resumed, and it has not caught up since

	view  uint8  // set by Join
	marks uint16 // guarded by Room.mu
	slot  int32  // guarded by Room.mu: index in segment.members
	chunk *chunk // guarded by Room.mu: the chunk that at is in; nil if the member is not behind
}

// Bits of Member.marks.
const (
	left        uint16 = 1 << iota // Leave was called
	skipping                       // too far behind: it goes on at the head once its Sink has drained
	drained                        // Drained was called since the member was last taken from segment.ready
	inReady                        // it is in segment.ready
	retrying                       // the current flush writes it from its own position
	replaying                      // it has joined by Resume, and has not reached its segment yet
	unannounced                    // its join waits in presence.notices or presence.nodes
	wasFull                        // the Sink was full since the member last shared its segment's position
	full                           // wasFull, and not silent for silentAfter; counted by overload
	trailing                       // full, and it has taken bytes since; counted by overload
	stalled                        // it has taken no byte for stalledAfter; counted by overload
)

// isViewer returns 1 if the member reads a View, else 0.
func (m *Member) isViewer() int32 { return int32(min(m.view, 1)) }

// Publish publishes a message to the member's room. body is the argument for Config.Frame and is
// not kept. now is the current time in Unix milliseconds. The receipt to, which may be nil, is
// called with the message's position or an error: ErrBacklog, and with a Bus ErrBus or ErrUnknown.
// Without a Bus it is called before Publish returns, and after an inline flush.
//
// If the room is pressed and the Sink is a Pauser, Publish pauses it, for about a second at most. For
// an engine.Conn, Publish must therefore be called within OnMessage of this connection.
func (m *Member) Publish(body []byte, now int64, to Receipt) {
	r := m.segment.Load().room
	err := r.submit(m, body, now, to)
	if err == errUnannounced {
		r.presence.announceFirst(m, now)
		err = r.submit(nil, body, now, to)
	}
	if err != nil {
		failed(to, err)
	}
	if r.overload.pressed.Load() {
		r.overload.pause(m)
	}
}

// Room returns the name of the member's room. Before Join has added m to the room it is empty.
func (m *Member) Room() string {
	if s := m.segment.Load(); s != nil {
		return s.room.name
	}
	return ""
}

// Sink returns the argument of Join. It is called after Join.
func (m *Member) Sink() Sink { return m.sink }

// Leave removes m from its room. now is the time of the announcement in Unix milliseconds. If m has not
// joined, Leave does nothing.
//
// Flushes that begin after Leave do not call WriteFrames of m's Sink. If a flush is running, it may
// still call WriteFrames, and ended is closed at its end. Otherwise ended is nil. Wait for ended before
// you free memory that WriteFrames uses. But do not wait in WriteFrames, nor in a function that must not
// block, such as OnClose of an engine.Conn. Other methods of the Sink may be called even later, see Sink.
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

// Drained tells the room that m's Sink can take bytes again. It may be called at any time, by any
// goroutine, also if the Sink was not full. It takes locks of the hub briefly. If the Sink is a Poller,
// Drained calls its AfterTurn and Poller. It calls no other function of the program.
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
	if !m.behind || !waiting || m.marks&(left|inReady|retrying) != 0 {
		return
	}
	s.makeReady(m)
	s.flushSoon(m.poller())
}

// poller returns the Sink as a Poller, or nil if it is none. m may be nil.
func (m *Member) poller() Poller {
	if m == nil {
		return nil
	}
	p, _ := m.sink.(Poller)
	return p
}

// leaveChunk removes m from the readers of its chunk. room.mu is held.
func (m *Member) leaveChunk() {
	if m.chunk != nil {
		m.chunk.readers--
		m.chunk = nil
	}
}
