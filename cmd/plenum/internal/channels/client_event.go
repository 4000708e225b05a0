package channels

import (
	"fmt"
	"time"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// eventClock counts the client events of a connection within a second.
type eventClock struct {
	since int64 // the beginning of the second, Unix milliseconds
	count int32
}

// allows counts one event at the time now, in Unix milliseconds. It returns false if most events have been counted in this
// second. If most is 0, it allows all events.
func (c *eventClock) allows(now int64, most int) bool {
	if now < c.since || now >= c.since+time.Second.Milliseconds() {
		c.since, c.count = now, 0
	}
	if most > 0 && int(c.count) >= most {
		return false
	}
	c.count++
	return true
}

// publish publishes a client event to all subscribers of its channel but the client itself. If the event is not allowed, it
// sends pusher:error.
func (m *session) publish(e pusher.Event) {
	cfg, now := m.app.Settings(), time.Now().UnixMilli()
	if !m.active().clock.allows(now, cfg.Limits.ClientEvents) {
		m.app.Count(apps.ClientEventsLimited)
		m.refuse(codeClientEvent, fmt.Sprintf("Not published: more than %d client events within a second", cfg.Limits.ClientEvents))
		return
	}
	channel, err := pusher.ParseChannel(e.Channel)
	if err != nil {
		m.refuse(codeClientEvent, textOf(err))
		return
	}
	switch {
	case m.app.Removed(), !cfg.ClientEvents:
		m.refuse(codeClientEvent, "Not published: client events are off for this application")
		return
	case !channel.TakesClientEvents():
		m.refuse(codeClientEvent, "Not published: client events need a private or presence channel that is not encrypted")
		return
	case len(e.Event) > pusher.MaxName:
		m.refuse(codeClientEvent, fmt.Sprintf("Not published: the name of an event may have %d bytes", pusher.MaxName))
		return
	case len(e.Data) > cfg.Limits.Payload:
		m.refuse(codeClientEvent, fmt.Sprintf("Not published: the data of an event may have %d bytes", cfg.Limits.Payload))
		return
	}
	r := m.rooms.In(pusher.RoomOf(m.app.ID(), e.Channel))
	if r == nil {
		m.refuse(codeClientEvent, "Not published: subscribe to the channel first")
		return
	}
	user := ""
	if s, ok := r.Sink().(*presenceSink); ok {
		user = s.user.ID
	}
	r.Publish(pusher.AppendClientEvent(nil, m.socketID(), e, user), now, m.receiptOf(e, user, now))
}

// Published implements rooms.Receipt, for the client events of the session.
func (m *session) Published(_ rooms.Epoch, _ uint64, err error) {
	if err != nil {
		m.refuse(codeClientEvent, "Not published: "+answer.Text(err))
		return
	}
	m.app.Count(apps.ClientEvents)
}
