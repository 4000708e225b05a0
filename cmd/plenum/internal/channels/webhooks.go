package channels

import (
	"plenum/cmd/plenum/internal/webhook"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// receiptOf returns the Receipt of a client event. If a webhook of the app wants client events, the Receipt sends the event to it
// after the event is published. user is the id of the user in a presence channel; empty in other channels.
func (m *session) receiptOf(e pusher.Event, user string, now int64) rooms.Receipt {
	if !m.channels.cfg.Webhooks.Wants(m.app.ID(), webhook.ClientEvent) {
		return m
	}
	return &hookedEvent{m, webhook.Event{
		At: now, Name: webhook.ClientEvent, Channel: e.Channel, Event: e.Event, Data: e.AppendData(nil), Socket: m.socketID(), User: user,
	}}
}

// hookedEvent is the Receipt of a client event that a webhook is sent.
type hookedEvent struct {
	*session
	event webhook.Event
}

// Published implements rooms.Receipt.
func (h *hookedEvent) Published(epoch rooms.Epoch, seq uint64, err error) {
	h.session.Published(epoch, seq, err)
	if err == nil {
		h.channels.cfg.Webhooks.Send(h.app.ID(), h.event)
	}
}
