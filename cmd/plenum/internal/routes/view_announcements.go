package routes

import (
	"net/url"

	"plenum/cmd/plenum/internal/access"
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/rooms"
)

// checkAnnouncements reports whether a request asks for announcements as events. Without the parameter announcements, the client
// receives them as text.
func checkAnnouncements(query url.Values) (events bool, why access.Refusal) {
	switch value, has := query["announcements"]; {
	case !has:
		return false, ""
	case value[0] == "events":
		return true, ""
	}
	return false, access.BadAnnouncements
}

// structured is the view of clients that ask for announcements as events. Their other messages are as in the view other.
type structured struct{ other rooms.View } // nil: the frames of the room

// From implements rooms.View.
func (structured) From() int { return 0 }

// Render implements rooms.View.
func (s structured) Render(dst, message []byte, epoch string) []byte {
	return s.RenderExtra(dst, message, "", epoch)
}

// RenderExtra implements rooms.ExtraRenderer. It puts the info of a new member into the announcement of the join.
func (s structured) RenderExtra(dst, message []byte, info, epoch string) []byte {
	if codec.IsAnnouncement(message) {
		message = codec.AppendAnnouncement(nil, message, info)
	}
	if s.other == nil || len(message) < s.other.From() {
		return frame.Append(dst, frame.Text, message)
	}
	return s.other.Render(dst, message, epoch)
}

// viewOf returns the view of a connection. It is view if events is false. Otherwise it has announcements as events, and renders
// other messages as view does.
func viewOf(view rooms.View, events bool) rooms.View {
	if events {
		return structured{view}
	}
	return view
}
