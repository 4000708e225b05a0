package memberships

import (
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// encodedView is the view of WebSocket connections with the same extensions and parameters, such as compression. It
// renders messages as frames in their encoding.
type encodedView struct{ *engine.Encoding }

// Render implements rooms.View.
func (e encodedView) Render(dst, message []byte, _ string) []byte {
	return e.AppendFrame(dst, frame.Text, message)
}

// ViewFor returns the view for a WebSocket connection; nil if it receives the room's unencoded frames.
func ViewFor(c *engine.Conn) rooms.View {
	if e := c.Encoding(); e != nil {
		return encodedView{e}
	}
	return nil
}
