package webhook

import "strings"

// Channels observes the rooms of channels, which are named APP/CHANNEL, for a Sender.
type Channels struct{ Sender *Sender }

// Observes reports whether a hook wants to know whether the channel has members, and the users in it. Only presence
// channels have users. Channels that begin with # are the server's own, and cause no events.
func (o Channels) Observes(room string) (members, users bool) {
	app, channel, _ := strings.Cut(room, "/")
	if strings.HasPrefix(channel, "#") {
		return false, false
	}
	members = o.Sender.wantsOne(app, ChannelOccupied, ChannelVacated)
	users = strings.HasPrefix(channel, "presence-") && o.Sender.wantsOne(app, MemberAdded, MemberRemoved)
	return members, users
}

// Observe sends the event.
func (o Channels) Observe(room, user string, joined bool, now int64) {
	app, channel, _ := strings.Cut(room, "/")
	e := Event{At: now, Channel: channel, User: user}
	e.Name = name(user, joined, ChannelOccupied, ChannelVacated, MemberAdded, MemberRemoved)
	o.Sender.Send(app, e)
}

// Rooms observes the native rooms for a Sender. The app of their hooks is "".
type Rooms struct{ Sender *Sender }

// Observes reports whether a hook wants to know whether the room has members, and the names of its members.
func (o Rooms) Observes(string) (members, names bool) {
	return o.Sender.wantsOne("", RoomOccupied, RoomVacated), o.Sender.wantsOne("", MemberJoined, MemberLeft)
}

// Observe sends the event.
func (o Rooms) Observe(room, member string, joined bool, now int64) {
	e := Event{At: now, Room: room, Member: member}
	e.Name = name(member, joined, RoomOccupied, RoomVacated, MemberJoined, MemberLeft)
	o.Sender.Send("", e)
}

// name returns the name of an event of a room, or of a member of it.
func name(member string, joined bool, occupied, vacated, added, removed string) string {
	switch {
	case member == "" && joined:
		return occupied
	case member == "":
		return vacated
	case joined:
		return added
	}
	return removed
}

// wantsOne reports whether a hook of the app wants one of the two events.
func (s *Sender) wantsOne(app, one, other string) bool {
	return s.Wants(app, one) || s.Wants(app, other)
}
