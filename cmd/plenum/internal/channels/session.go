package channels

import (
	"fmt"
	"time"

	"plenum/cmd/plenum/internal/memberships"
	"plenum/codec/frame"
	"plenum/codec/pusher"
	"plenum/engine"
	"plenum/rooms"
)

// session is a connection of a client. It has one rooms.Member per channel.
type session struct {
	engine.Conn
	*hosted          // of its app; set at creation
	*activity        // noActivity until the client signs in or publishes; owned by OnMessage
	number    uint64 // the second number of the socket id; set by OnOpen

	rooms memberships.Set
}

// activity is the state of a client that has signed in or published. Most clients never do, so it is no part of the session.
type activity struct {
	user  *signedIn // nil until the client signs in
	clock eventClock
}

var noActivity = &activity{} // of the clients that never have; read-only

// active returns the activity of the session, to change it.
func (m *session) active() *activity {
	if m.activity == noActivity {
		m.activity = new(activity)
	}
	return m.activity
}

// activityTimeout is the time after which a client that receives nothing sends a ping.
const activityTimeout = 120 * time.Second

// OnOpen sends the socket id.
func (m *session) OnOpen(*engine.Conn) {
	m.channels.cfg.Sessions.add(m)
	if m.app.Removed() { // a moment ago: whoever removed it may not have seen this session
		m.closeRemoved()
		return
	}
	m.send(pusher.EncodeEstablished(m.socketID(), int(activityTimeout/time.Second)))
}

// closeRemoved closes the session because its app was removed.
func (m *session) closeRemoved() {
	_ = m.Close(codeUnknownApp, "The application does not exist any more")
}

// socketID returns the id of the connection. No other connection of a cluster has it.
func (m *session) socketID() string {
	var space [pusher.MaxSocketID]byte
	return string(pusher.AppendSocketID(space[:0], m.channels.cfg.Sessions.node, m.number))
}

// OnDrain implements engine.Drainer.
func (m *session) OnDrain() {
	m.channels.lists.unread.release(m)
	m.rooms.Drained()
}

// OnClose leaves all channels.
func (m *session) OnClose(*engine.Conn, int) {
	m.channels.cfg.Sessions.remove(m)
	m.channels.lists.unread.release(m)
	m.rooms.Close(time.Now().UnixMilli())
	m.app.Disconnect()
}

// CloseWith implements engine.Closer.
func (m *session) CloseWith(status engine.CloseStatus) engine.CloseStatus {
	return translate(status, m.channels.cfg.Cluster)
}

// Close implements rooms.Sink.
func (m *session) Close(code int, reason string) error {
	status := m.CloseWith(engine.CloseStatus{Code: code, Reason: reason})
	return m.Conn.Close(status.Code, status.Reason)
}

// View implements rooms.Viewer.
func (m *session) View() rooms.View { return memberships.ViewFor(&m.Conn) }

// CollectFrames implements rooms.Joiner.
func (m *session) CollectFrames(b []byte) (taken int, begins bool, err error) { return m.Collect(b) }

// OnMessage handles an event of the client.
func (m *session) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if op != frame.Text {
		m.refuse(0, "An event must be a text message")
		return
	}
	e, err := pusher.ParseEvent(data)
	switch {
	case err != nil:
		m.refuse(0, textOf(err))
	case pusher.IsClientEvent(e.Event):
		m.publish(e)
	case e.Event == pusher.Ping:
		m.send(pusher.EncodedPong)
	case e.Event == pusher.Pong:
	case m.app.Removed():
		m.closeRemoved()
	case e.Event == pusher.Subscribe:
		m.subscribe(e)
	case e.Event == pusher.Unsubscribe:
		m.unsubscribe(e)
	case e.Event == pusher.Signin:
		m.signin(e)
	default:
		m.refuse(0, fmt.Sprintf("Unknown event %.40q: clients send events that begin with client-", e.Event))
	}
}

// send sends an event to this client alone.
func (m *session) send(event []byte) { _ = m.Send(frame.Text, event) }

// refuse sends pusher:error. The connection stays open. If code is 0, the error has no code.
func (m *session) refuse(code int, message string) { m.send(pusher.EncodeError(code, message)) }
