package main

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

// eventStream is a connection that listens to a room: /sse/rooms/{room}.
type eventStream struct {
	*engine.Conn // set by OnOpen
	server       *server
	name         string // of its token
	room         string
	since        *rooms.Since
	member       rooms.Member
}

func (s *server) roomEvents(w http.ResponseWriter, r *http.Request) {
	s.stream(w, r, events, r.PathValue("room"))
}

func (s *server) notifications(w http.ResponseWriter, r *http.Request) {
	s.stream(w, r, notices, "notifications")
}

// stream answers with the messages of a room.
func (s *server) stream(w http.ResponseWriter, r *http.Request, kind *engine.Stream, room string) {
	a, why := s.asked(w, r, room)
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
	done, err := s.rooms.Open(r.Context(), a.room, a.since)
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	defer done()
	_ = s.engine.Stream(w, r, kind, s.until(a.Identity, &eventStream{server: s, name: a.Name, room: a.room, since: a.since}))
}

// lastEventID is the position that a client comes back to: by the header that EventSource sends, or by the query
// parameter of clients that can set no header. Either comes with the URL's since of long ago.
func lastEventID(r *http.Request, query url.Values) string {
	return cmp.Or(r.Header.Get("Last-Event-ID"), query.Get("lastEventId"))
}

// Name is for rooms.Sink: by it the stream can be closed.
func (m *eventStream) Name() string { return m.name }

// Listens is for rooms.Listener.
func (m *eventStream) Listens() {}

// OnOpen joins the room. The first bytes of the stream are its position, by which a client comes back also
// if nothing is said until then: by itself, or as the id of the gap if the client has missed something.
func (m *eventStream) OnOpen(c *engine.Conn) {
	m.Conn = c
	p, err := m.server.rooms.Resume(&m.member, m.room, m, m.since, time.Now().UnixMilli())
	if err != nil {
		m.server.closeOut(c, err)
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
func (m *eventStream) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnDrain is for engine.Drainer.
func (m *eventStream) OnDrain() { m.member.Drained() }

// OnClose leaves the room.
func (m *eventStream) OnClose(*engine.Conn, int) { m.member.Leave(time.Now().UnixMilli()) }

// View is for rooms.Viewer.
func (m *eventStream) View() rooms.View { return asEvents{} }

// WriteFrames is for rooms.Sink, whose frames are events in this view.
func (m *eventStream) WriteFrames(events []byte) (taken int, err error) { return m.WriteEvents(events) }
