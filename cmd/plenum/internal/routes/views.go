package routes

import (
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// eventView is the view of event streams. It renders messages as events.
type eventView struct{}

// From implements rooms.View.
func (eventView) From() int { return 0 }

// Render implements rooms.View.
func (eventView) Render(dst, message []byte, epoch string) []byte {
	return codec.AppendMessageEvent(dst, message, epoch)
}

// encodedView is the view of WebSocket connections with the same extensions and parameters, such as compression. It
// renders messages as frames in their encoding.
type encodedView struct{ *engine.Encoding }

// Render implements rooms.View.
func (e encodedView) Render(dst, message []byte, _ string) []byte {
	return e.AppendFrame(dst, frame.Text, message)
}

// viewFor returns the view for a WebSocket connection; nil if it receives the room's unencoded frames.
func viewFor(c *engine.Conn) rooms.View {
	if e := c.Encoding(); e != nil {
		return encodedView{e}
	}
	return nil
}
