package channels

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// signedIn is the user of a session. From the signin on, the session is in the room of the channel to this user. So the
// connections of a user can be found and closed on all nodes.
type signedIn struct {
	pusher.User
	data string                          // user_data, as the client has sent it
	at   atomic.Pointer[pusher.Position] // where the session has begun in the channel; nil until then

	refused atomic.Bool // the signin has failed
}

// userSink is the sink of the channel to a user. Its name is the id of the user. It is a rooms.Listener.
type userSink struct {
	*session
	id string
}

// Listens implements rooms.Listener.
func (userSink) Listens() {}

// Name implements rooms.Sink.
func (s userSink) Name() string { return s.id }

// signin handles pusher:signin. A session keeps its first user, unless the signin has failed.
func (m *session) signin(e pusher.Event) {
	s, err := e.Signin()
	if err != nil {
		m.refuse(0, textOf(err))
		return
	}
	if !m.authorizes(s.Auth, pusher.SigninText(m.socketID(), s.UserData)) {
		m.app.Count(apps.AuthFailures)
		m.refuse(codeUnauthorized, "The signature of auth is invalid for this connection and user")
		return
	}
	u, err := pusher.ParseUserData(s.UserData)
	switch {
	case err != nil:
		m.refuse(codeUnauthorized, textOf(err))
		return
	case m.user == nil || m.user.refused.Load():
		m.active().user = &signedIn{User: u, data: s.UserData}
	case m.user.ID != u.ID:
		m.refuse(codeUnauthorized, "This connection has signed in as another user")
		return
	case m.user.at.Load() != nil:
		m.send(pusher.EncodeSignedIn(s.UserData))
		return
	}
	m.joinUser(nil, signing{m, m.user})
}

// joinUser joins the room of the channel to the session's user.
func (m *session) joinUser(since *rooms.Since, to memberships.Answer) {
	m.rooms.Join(&m.channels.host, memberships.Join{
		Room: pusher.RoomOf(m.app.ID(), pusher.ChannelOfUser(m.user.ID)), Since: since, Sink: userSink{m, m.user.ID}, Answer: to, Max: m.maxChannels(),
	})
}

// maxChannels returns the number of rooms that the session may be in: the limit of the app, and one more for the channel to its
// user.
func (m *session) maxChannels() int {
	most := m.app.Settings().Limits.Channels
	if m.user != nil && !m.user.refused.Load() {
		most++
	}
	return most
}

// signing is a signin that is not answered yet.
type signing struct {
	*session
	user *signedIn
}

// Joined implements memberships.Answer.
func (a signing) Joined(_ *rooms.Member, p rooms.Position) (ready bool) {
	a.user.at.Store(&pusher.Position{Epoch: p.Epoch, Seq: p.Behind})
	a.send(pusher.EncodeSignedIn(a.user.data))
	return true
}

// Refused implements memberships.Answer.
func (a signing) Refused(err error) {
	switch {
	case errors.Is(err, memberships.ErrJoined): // an earlier signin of the same user is answered soon
	case errors.Is(err, rooms.ErrBus):
		a.closeForBus()
	case errors.Is(err, rooms.ErrFull):
		a.fail("the server has reached its limit of channels")
	default:
		a.fail(answer.Text(err))
	}
}

// fail tells the client why it is not signed in. It may sign in as another user.
func (a signing) fail(why string) {
	a.user.refused.Store(true)
	a.refuse(0, "Not signed in: "+why)
}

// subscribeToUser handles the subscription to the channel of the session's user. The session is in the room of this channel
// already, so subscribeToUser only sends the answer. But if the client resumes, the session leaves the room and joins it again.
func (m *session) subscribeToUser(s pusher.Subscription) {
	id, _ := pusher.UserOf(s.Channel)
	if m.user == nil || m.user.ID != id || m.user.at.Load() == nil {
		m.app.Count(apps.AuthFailures)
		m.deny(s.Channel, authError, "Sign in as this user first", http.StatusUnauthorized)
		return
	}
	since, err := sinceOf(s)
	switch {
	case err != nil:
		m.deny(s.Channel, "InvalidSince", badSince, http.StatusBadRequest)
	case since == nil:
		m.send(pusher.EncodeSubscribed(s.Channel, []byte("{}"), m.user.at.Load()))
	default:
		m.rooms.Leave(&m.channels.host, pusher.RoomOf(m.app.ID(), s.Channel), time.Now().UnixMilli(), &m.Conn, nil)
		m.joinUser(since, subscribing{m, s.Channel})
	}
}
