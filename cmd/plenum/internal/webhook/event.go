package webhook

import (
	"bytes"
	"encoding/json"
	"slices"
)

// The names of the events of channels.
const (
	ChannelOccupied   = "channel_occupied"
	ChannelVacated    = "channel_vacated"
	MemberAdded       = "member_added"
	MemberRemoved     = "member_removed"
	ClientEvent       = "client_event"
	CacheMiss         = "cache_miss"
	SubscriptionCount = "subscription_count"
)

// The names of the events of native rooms.
const (
	RoomOccupied = "room_occupied"
	RoomVacated  = "room_vacated"
	MemberJoined = "member_joined"
	MemberLeft   = "member_left"
)

// ChannelEvents and RoomEvents are the names that a Hook of channels or of native rooms may have.
var (
	ChannelEvents = []string{ChannelOccupied, ChannelVacated, MemberAdded, MemberRemoved, ClientEvent, CacheMiss, SubscriptionCount}
	RoomEvents    = []string{RoomOccupied, RoomVacated, MemberJoined, MemberLeft}
)

// Event is an event of a channel or a native room. Fields that its kind of event does not have are empty.
type Event struct {
	At int64 `json:"-"` // Unix milliseconds

	Name    string          `json:"name"`
	Channel string          `json:"channel,omitempty"`
	Room    string          `json:"room,omitempty"`      // native rooms
	Member  string          `json:"member,omitempty"`    // native rooms
	Event   string          `json:"event,omitempty"`     // client_event
	Data    json.RawMessage `json:"data,omitempty"`      // client_event: a JSON string
	Socket  string          `json:"socket_id,omitempty"` // client_event
	User    string          `json:"user_id,omitempty"`
	Count   *int            `json:"subscription_count,omitempty"`
}

// size returns the memory that the event takes, about.
func (e *Event) size() int64 {
	const overhead = 256 // the struct, its slot in the queue, and the allocator's rounding
	return overhead + int64(len(e.Channel)+len(e.Room)+len(e.Member)+len(e.Event)+len(e.Data)+len(e.Socket)+len(e.User))
}

// batch is the content of one request.
type batch struct {
	events []*Event
	bytes  int64 // of events, as size counts them
	newest int64 // time of the newest event, Unix milliseconds
}

func (b *batch) add(e *Event) {
	b.events = append(b.events, e)
	b.bytes += e.size()
	b.newest = max(b.newest, e.At)
}

// isFull reports whether the batch takes no more events.
func (b *batch) isFull() bool { return len(b.events) >= batchEvents || b.bytes >= batchBytes }

// encode returns the body of the request. now is in Unix milliseconds.
func (b *batch) encode(now int64) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(struct { // strings and numbers cannot fail
		Time   int64    `json:"time_ms"`
		Events []*Event `json:"events"`
	}{now, b.events})
	return bytes.TrimSuffix(body.Bytes(), []byte("\n"))
}

// Hook is a receiver of the events of one app.
type Hook struct {
	App    string // id of the app; "" for the native rooms
	URL    string // http or https
	Key    string // for X-Pusher-Key; "" for the native rooms
	Secret string
	Events []string // names of the events that are sent
}

// wants reports whether the hook gets the events with this name.
func (h *Hook) wants(name string) bool { return slices.Contains(h.Events, name) }
