package memberships

import (
	"errors"
	"sync"

	"plenum/rooms"
)

// Host has the state that the connections of a route share. Its exported fields are set before the first use.
type Host struct {
	Hub *rooms.Hub

	waits sync.WaitGroup // counts goroutines that wait for the bus or for the end of a flush
}

// Wait returns when no goroutine of a connection waits for the bus or for the end of a flush any more.
func (h *Host) Wait() { h.waits.Wait() }

// Set has the rooms of one connection. It must not be copied after the first use.
type Set struct {
	// change is held to add and remove members. It is locked before mu.
	change  sync.Mutex
	pending *pendingJoins // guarded by change; nil if nothing was pending yet

	mu    sync.Mutex
	slots slots // guarded by mu; changes also need change
}

// Join asks to join a room.
type Join struct {
	Room   string
	Since  *rooms.Since // the position after which to continue; nil: only new messages
	Sink   rooms.Sink
	Answer Answer
	Max    int // number of rooms that the connection may be in, and of goroutines that open rooms for it
}

// Answer receives the result of a Join: one call of one of its methods. The call comes from the caller of Set.Join, Set.Leave or
// Set.LeaveAll, or from another goroutine. A lock of the Set is held, so the methods must not call the Set.
type Answer interface {
	// Joined is called before any message is written to the Sink. If it returns true, the messages follow when it has
	// returned. Otherwise it must arrange a later call of m.Drained, after which the messages follow. Until that call the Sink
	// must take nothing, because OnDrain of the connection may call m.Drained earlier.
	Joined(m *rooms.Member, p rooms.Position) (ready bool)
	// Refused is called if the room was not joined. err is an error of this package, rooms.ErrFull, or an error of the bus. From
	// Set.LeaveAll it is the argument why.
	Refused(err error)
}

// The errors of a Join.
var (
	ErrJoined    = errors.New("this connection has already joined the room")
	ErrTooMany   = errors.New("this connection has reached the limit of rooms per connection")
	ErrCancelled = errors.New("the room was left before it was joined")
)

// In returns the member in a room; nil if there is none. It waits for a Join that is being answered, because a client may send
// its next command as soon as it has the answer. So an Answer must not call it.
func (s *Set) In(room string) *rooms.Member {
	s.change.Lock()
	defer s.change.Unlock()
	return s.slots.in(room)
}

// InOrJoining is like In, but does not wait. It also returns a member that the hub has added to the room although the Join is not
// answered yet.
func (s *Set) InOrJoining(room string) *rooms.Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slots.inOrEntering(room)
}

// Drained calls Member.Drained for all rooms. OnDrain of the connection calls it, because it is not known which of the rooms
// found the socket full.
func (s *Set) Drained() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for m := range s.slots.all() {
		m.Drained()
	}
}

// Close leaves all rooms. Pending joins are not answered, because the connection is closed. Only Drained, In and InOrJoining may
// be called afterwards. now is the current time in Unix milliseconds.
func (s *Set) Close(now int64) {
	s.change.Lock()
	defer s.change.Unlock()
	s.pending.drop()
	for m := range s.slots.all() {
		m.Leave(now)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots.clear()
}
