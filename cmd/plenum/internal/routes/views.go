package routes

import "plenum/codec"

// eventView is the view of event streams. It renders messages as events.
type eventView struct{}

// From implements rooms.View.
func (eventView) From() int { return 0 }

// Render implements rooms.View.
func (eventView) Render(dst, message []byte, epoch string) []byte {
	return codec.AppendMessageEvent(dst, message, epoch)
}
