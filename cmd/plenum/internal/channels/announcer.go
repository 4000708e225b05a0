package channels

import (
	"strings"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// Announcer is the Announcer of the channels' hub. Presence channels announce their users. The others announce how many
// subscribers they have, if the app wants that.
type Announcer struct{ Apps *apps.Registry }

// Announces implements rooms.Announcer.
func (a Announcer) Announces(room string) rooms.Announcing {
	id, name, _ := strings.Cut(room, "/")
	channel, err := pusher.ParseChannel(name)
	app := a.Apps.ByID(id)
	switch {
	case err != nil || channel.Kind == pusher.ServerToUser:
		return rooms.Silently
	case channel.Kind == pusher.Presence:
		return rooms.ByName
	case app != nil && app.Settings().SubscriptionCounts:
		return rooms.AsCounts
	}
	return rooms.Silently
}

// AppendAnnouncement implements rooms.Announcer. A join is not announced to the connection that has joined.
func (Announcer) AppendAnnouncement(dst []byte, a rooms.Announcement) []byte {
	channel := pusher.ChannelOf(a.Room)
	switch a.Kind {
	case rooms.NameJoined:
		except := ""
		if s, ok := a.Sink.(*presenceSink); ok {
			except = s.socketID()
		}
		return pusher.AppendMemberAdded(dst, except, channel, pusher.User{ID: a.Name, Info: a.Info})
	case rooms.NameLeft:
		return pusher.AppendMemberRemoved(dst, channel, a.Name)
	}
	return pusher.AppendCount(dst, channel, a.Members)
}

// IsAnnouncement implements rooms.Announcer.
func (Announcer) IsAnnouncement(body []byte) bool { return pusher.IsAnnouncement(body) }
