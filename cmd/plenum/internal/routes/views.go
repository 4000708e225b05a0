package routes

import (
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// asEvents is the view of streams of server-sent events.
type asEvents struct{}

// From is for rooms.View.
func (asEvents) From() int { return 0 }

// Render is for rooms.View.
func (asEvents) Render(dst, message []byte, epoch string) []byte {
	return codec.AppendMessageEvent(dst, message, epoch)
}

// encoded is the view of the connections that have agreed on the same extensions with the same parameters.
type encoded struct{ *engine.Encoding }

// Render is for rooms.View.
func (e encoded) Render(dst, message []byte, _ string) []byte {
	return e.AppendFrame(dst, frame.Text, message)
}

// viewFor returns the view that a connection reads; nil for the frames as the room has them.
func viewFor(c *engine.Conn) rooms.View {
	if e := c.Encoding(); e != nil {
		return encoded{e}
	}
	return nil
}
