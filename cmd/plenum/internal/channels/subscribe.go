package channels

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/codec"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// subscribe handles pusher:subscribe. The answer and the events of the channel follow.
func (m *session) subscribe(e pusher.Event) {
	s, err := e.Subscription()
	if err != nil {
		m.refuse(0, textOf(err))
		return
	}
	channel, err := pusher.ParseChannel(s.Channel)
	if err != nil {
		m.deny(s.Channel, "InvalidChannel", textOf(err), http.StatusBadRequest)
		return
	}
	if channel.Kind == pusher.ServerToUser {
		m.subscribeToUser(s)
		return
	}
	if channel.NeedsAuth() && !m.authorizes(s.Auth, pusher.SubscribeText(m.socketID(), s.Channel, s.ChannelData)) {
		m.app.Count(apps.AuthFailures)
		m.deny(s.Channel, authError, "The signature of auth is invalid for this connection and channel", http.StatusUnauthorized)
		return
	}
	since, err := sinceOf(s)
	if err != nil {
		m.deny(s.Channel, "InvalidSince", badSince, http.StatusBadRequest)
		return
	}
	m.join(s, channel, since)
}

// authError is the type of the error if a subscription is not authorized.
const authError = "AuthError"

// badSince is the error of a subscription with a position that cannot be read.
const badSince = "since must have the form epoch:seq"

// authorizes reports whether auth has the key of the app and the signature of text.
func (m *session) authorizes(auth, text string) bool {
	cfg := m.app.Settings()
	return pusher.Authorized(cfg.Key, cfg.Secret, auth, text)
}

// sinceOf returns the position after which a subscription continues; nil without one.
func sinceOf(s pusher.Subscription) (*rooms.Since, error) {
	if s.Since == nil || *s.Since == "" {
		return nil, nil
	}
	since, err := rooms.ParseSince(*s.Since)
	return &since, err
}

// join joins the room of a channel that the client may subscribe to.
func (m *session) join(s pusher.Subscription, channel pusher.Channel, since *rooms.Since) {
	j := memberships.Join{Room: pusher.RoomOf(m.app.ID(), s.Channel), Since: since, Sink: plainSink{m}, Answer: subscribing{m, s.Channel}, Max: m.maxChannels()}
	if channel.Kind == pusher.Presence {
		u, err := m.userOf(s)
		if err != nil {
			m.deny(s.Channel, authError, textOf(err), http.StatusUnauthorized)
			return
		}
		sink := &presenceSink{session: m, user: u}
		j.Sink, j.Answer = sink, entering{subscribing{m, s.Channel}, sink}
	}
	m.rooms.Join(&m.channels.host, j)
}

// errNobody says that a subscription to a presence channel names no user.
var errNobody = errors.New("a presence channel needs channel_data, or a signin before")

// userOf returns the user of a subscription to a presence channel. channel_data names the user. Without
// channel_data, the user is the one who has signed in.
func (m *session) userOf(s pusher.Subscription) (pusher.User, error) {
	switch {
	case s.ChannelData != "":
		return pusher.ParseChannelData(s.ChannelData)
	case m.user == nil || m.user.at.Load() == nil:
		return pusher.User{}, errNobody
	}
	return m.user.User, nil
}

// subscribing is a subscription that is not answered yet.
type subscribing struct {
	*session
	channel string
}

// Joined implements memberships.Answer.
func (a subscribing) Joined(_ *rooms.Member, p rooms.Position) (ready bool) {
	at := positionOf(p)
	a.send(pusher.EncodeSubscribed(a.channel, []byte("{}"), &at))
	a.begins(p)
	return true
}

// positionOf returns the position for the answer to a subscription.
func positionOf(p rooms.Position) pusher.Position {
	return pusher.Position{Epoch: p.Epoch, Seq: p.Behind, Recovered: p.Recovered}
}

// begins sends the events that directly follow pusher_internal:subscription_succeeded: plenum:gap if events are missing, and the
// kept event or pusher:cache_miss of a cache channel.
func (a subscribing) begins(p rooms.Position) {
	if p.Lost {
		a.send(pusher.EncodeGap(codec.Gap{Room: p.Room, From: p.From, To: p.To, Epoch: p.Epoch}))
	}
	if c, _ := pusher.ParseChannel(a.channel); c.Cache {
		a.sendKept(p)
	}
}

// Refused implements memberships.Answer.
func (a subscribing) Refused(err error) {
	switch {
	case errors.Is(err, memberships.ErrCancelled): // unsubscribed before the answer
	case errors.Is(err, memberships.ErrJoined):
		a.refuse(0, "Existing subscription to channel "+a.channel)
	case errors.Is(err, memberships.ErrTooMany):
		a.deny(a.channel, "LimitReached", "This connection has reached its limit of channels", http.StatusForbidden)
	case errors.Is(err, rooms.ErrFull):
		a.deny(a.channel, "LimitReached", "The server has reached its limit of channels", http.StatusServiceUnavailable)
	case errors.Is(err, rooms.ErrBus):
		a.closeForBus()
	default:
		a.deny(a.channel, "Unavailable", sentence(answer.Text(err)), http.StatusServiceUnavailable)
	}
}

// deny sends pusher:subscription_error. The connection stays open.
func (m *session) deny(channel, kind, message string, status int) {
	m.send(pusher.EncodeSubscriptionError(channel, kind, message, status))
}

// unsubscribe handles pusher:unsubscribe, which has no answer.
func (m *session) unsubscribe(e pusher.Event) {
	s, err := e.Subscription()
	if err != nil {
		m.refuse(0, textOf(err))
		return
	}
	if _, ok := pusher.UserOf(s.Channel); !ok { // a user stays signed in
		m.rooms.Leave(&m.channels.host, pusher.RoomOf(m.app.ID(), s.Channel), time.Now().UnixMilli(), &m.Conn, nil)
	}
}

// textOf returns the text of an error of package pusher for clients.
func textOf(err error) string { return sentence(strings.TrimPrefix(err.Error(), "pusher: ")) }

// sentence returns text with a capital letter at its start.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
