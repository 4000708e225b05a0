package room

import (
	"net/http"
	"sync"
	"time"
)

// Names returns the room and the user of a request for the chat route. The route's pattern has
// the wildcard {room}.
func Names(r *http.Request) (room, user string) {
	return orDefault(r.PathValue("room"), "general"), orDefault(r.URL.Query().Get("username"), "Anonymous")
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// Rooms has all rooms by name. A room exists until the process ends, so that its sequence
// continues after the room was empty. A benchmark has few rooms.
type Rooms[M comparable] struct {
	mu   sync.Mutex
	byID map[string]*Room[M]
}

// Get returns the room with this name, and makes it at its first use.
func (rs *Rooms[M]) Get(name string) *Room[M] {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r, ok := rs.byID[name]; ok {
		return r
	}
	if rs.byID == nil {
		rs.byID = make(map[string]*Room[M])
	}
	r := &Room[M]{name: name, place: make(map[M]int)}
	rs.byID[name] = r
	return r
}

// Room is one room. Lock order: order, then mu.
type Room[M comparable] struct {
	name string

	order sync.Mutex // held while a message is delivered to all members
	// guarded by order
	seq      uint64
	snapshot []M

	mu sync.Mutex
	// guarded by mu
	members []M
	place   map[M]int // index of each member in members
	stale   bool      // snapshot is out of date
}

// Join adds m to the members.
func (r *Room[M]) Join(m M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.place[m]; ok {
		return
	}
	r.place[m] = len(r.members)
	r.members = append(r.members, m)
	r.stale = true
}

// Leave removes m from the members. It may be called while a message is delivered.
func (r *Room[M]) Leave(m M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := r.place[m]
	if !ok {
		return
	}
	last := len(r.members) - 1
	moved := r.members[last]
	r.members[i] = moved
	r.place[moved] = i
	delete(r.place, m)
	var none M
	r.members[last] = none
	r.members = r.members[:last]
	r.stale = true
}

// Publish numbers the message, builds its JSON and calls deliver with it and the members, for one
// message at a time. deliver may keep the JSON, which is not changed afterwards, but not the slice
// of members.
func (r *Room[M]) Publish(sender, text string, now time.Time, deliver func(envelope []byte, members []M)) {
	r.order.Lock()
	defer r.order.Unlock()
	r.seq++
	m := Message{Sender: sender, Text: text, Room: r.name, Timestamp: now.UnixMilli(), Seq: r.seq}
	deliver(m.Append(make([]byte, 0, len(text)+len(sender)+len(r.name)+96)), r.current())
}

func (r *Room[M]) current() []M {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stale {
		clear(r.snapshot)
		r.snapshot = append(r.snapshot[:0], r.members...)
		r.stale = false
	}
	return r.snapshot
}
