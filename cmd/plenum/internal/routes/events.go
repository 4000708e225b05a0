package routes

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// events are streams of server-sent events, with a comment that keeps them open.
var events = &engine.Stream{Beat: []byte(":\n\n"), Period: 15 * time.Second, Last: lastEvent}

// notices are the same, with a ping.
var notices = &engine.Stream{Beat: []byte("data: {\"type\":\"ping\"}\n\n"), Period: 5 * time.Second, Last: lastEvent}

// lastEvent tells a stream's client what a close frame would, and EventSource when to
// come back.
func lastEvent(code int, reason string) []byte {
	retry := 0
	_, _ = fmt.Sscanf(reason, retryIn, &retry) // the farewell's alone
	return codec.AppendEnd(nil, code, reason, retry)
}

// eventSession is a connection that listens to a room: /sse/rooms/{room}.
type eventSession struct {
	*engine.Conn // set by OnOpen
	routes       *Routes
	name         string // of its token
	room         string
	since        *rooms.Since
	member       rooms.Member
}

func (rt *Routes) roomEvents(w http.ResponseWriter, r *http.Request) {
	rt.stream(w, r, events, r.PathValue("room"))
}

func (rt *Routes) notifications(w http.ResponseWriter, r *http.Request) {
	rt.stream(w, r, notices, "notifications")
}

// stream answers with the messages of a room.
func (rt *Routes) stream(w http.ResponseWriter, r *http.Request, kind *engine.Stream, room string) {
	a, why := rt.asked(w, r, room)
	if last := lastEventID(r, a.query); last != "" && (why == "" || why == access.BadSince) {
		a.since, why = access.CheckSince(last)
	}
	if why == "" && !a.MayJoin(a.room) {
		why = access.NotAllowed
	}
	if why != "" {
		access.Deny(w, why)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would wait for more
	if r.Method == http.MethodHead {
		return
	}
	done, err := rt.cfg.Rooms.Open(r.Context(), a.room, a.since)
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	defer done()
	_ = rt.cfg.Engine.Stream(w, r, kind, rt.until(a.Identity, &eventSession{routes: rt, name: a.Name, room: a.room, since: a.since}))
}

// lastEventID is the position that a client comes back to: by the header that EventSource sends, or by the query
// parameter of clients that can set no header. Either comes with the URL's since of long ago.
func lastEventID(r *http.Request, query url.Values) string {
	return cmp.Or(r.Header.Get("Last-Event-ID"), query.Get("lastEventId"))
}

// Name is for rooms.Sink: by it the stream can be closed.
func (m *eventSession) Name() string { return m.name }

// Listens is for rooms.Listener.
func (m *eventSession) Listens() {}

// OnOpen joins the room. The first bytes of the stream are its position, by which a client comes back also
// if nothing is said until then: by itself, or as the id of the gap if the client has missed something.
func (m *eventSession) OnOpen(c *engine.Conn) {
	m.Conn = c
	p, err := m.routes.cfg.Rooms.Resume(&m.member, m.room, m, m.since, time.Now().UnixMilli())
	if err != nil {
		m.routes.closeOut(c, err)
		return
	}
	m.room, m.since = p.Room, nil // lets go of the request
	begins := codec.AppendPosition(nil, p.Epoch, p.Behind)
	if p.Lost {
		begins = codec.AppendMessageEvent(nil, codec.EncodeGap(gapOf(p)), p.Epoch)
	}
	_ = c.Send(frame.Text, begins)
	m.member.Drained()
}

// OnMessage is never called, it is no WebSocket.
func (m *eventSession) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnDrain is for engine.Drainer.
func (m *eventSession) OnDrain() { m.member.Drained() }

// OnClose leaves the room.
func (m *eventSession) OnClose(*engine.Conn, int) { m.member.Leave(time.Now().UnixMilli()) }

// View is for rooms.Viewer.
func (m *eventSession) View() rooms.View { return asEvents{} }

// WriteFrames is for rooms.Sink, whose frames are events in this view.
func (m *eventSession) WriteFrames(events []byte) (taken int, err error) {
	return m.WriteEvents(events)
}
