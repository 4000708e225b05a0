package channels

import (
	"sync/atomic"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// presenceSink is the sink of a presence channel. Its name and info are those of the user who has subscribed.
type presenceSink struct {
	*session
	user  pusher.User
	ready atomic.Bool // the answer to the subscription is sent
}

// Name implements rooms.Sink.
func (s *presenceSink) Name() string { return s.user.ID }

// Info implements rooms.Informer.
func (s *presenceSink) Info() string { return s.user.Info }

// WriteFrames implements rooms.Sink. The sink is full until the subscription is answered.
func (s *presenceSink) WriteFrames(b []byte) (taken int, err error) {
	if !s.ready.Load() {
		return 0, nil
	}
	return s.session.WriteFrames(b)
}

// CollectFrames implements rooms.Joiner.
func (s *presenceSink) CollectFrames(b []byte) (taken int, begins bool, err error) {
	if !s.ready.Load() {
		return 0, false, nil
	}
	return s.session.CollectFrames(b)
}

// entering is a subscription to a presence channel that is not answered yet.
type entering struct {
	subscribing
	sink *presenceSink
}

// Joined implements memberships.Answer. The answer lists the users of the channel. Making the list would block a poller for too
// long, so a goroutine of Run sends the answer. The list is made after the session has joined. So joins and leaves that it lacks
// follow as events.
func (a entering) Joined(m *rooms.Member, p rooms.Position) (ready bool) {
	a.channels.lists.add(listing{a, m, p})
	return false
}

// listing is a list of users that is still to be sent to a new subscriber.
type listing struct {
	entering
	member *rooms.Member
	at     rooms.Position
}

// isCancelled reports whether the session has left the channel after the subscription.
func (l listing) isCancelled() bool {
	return l.session.rooms.InOrJoining(l.at.Room) != l.member // the poller may not have finished the join yet
}

// send sends the list, unless the client has unsubscribed. The events of the channel follow. send appends the answer to dst and
// returns the result, so that the caller can use its memory again.
func (l listing) send(list *pusher.MemberList, dst []byte) []byte {
	if l.isCancelled() {
		return dst
	}
	dst = list.AppendSubscribed(dst, l.channel, l.sink.user, positionOf(l.at))
	l.channels.lists.unread.send(l.session, dst)
	l.app.Count(apps.Lists)
	l.begins(l.at)
	l.sink.ready.Store(true)
	l.member.Drained()
	return dst
}

// users returns up to PresenceList users of a channel's room, and the number of all.
func (c *Channels) users(room string) (users []pusher.User, count int) {
	list, _ := c.cfg.Rooms.Users(room, c.cfg.PresenceList)
	users = make([]pusher.User, 0, len(list.Users))
	for _, u := range list.Users {
		users = append(users, pusher.User{ID: u.Name, Info: u.Info})
	}
	return users, list.Count
}
