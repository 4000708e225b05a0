package routes

import (
	"cmp"
	"net/http"
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

// notices are streams of server-sent events with a ping.
var notices = &engine.Stream{Beat: []byte("data: {\"type\":\"ping\"}\n\n"), Period: 5 * time.Second, Last: lastEvent}

// lastEvent returns the event that tells a stream's client what a close frame would, and when EventSource is
// to come back.
func lastEvent(status engine.CloseStatus) []byte {
	return codec.AppendEnd(nil, status.Code, status.Reason, int(status.Retry.Milliseconds()))
}

// eventSession is a connection that listens to a room: /sse/rooms/{room}. By the name of its token the
// stream can be closed.
type eventSession struct{ session }

func (rt *Routes) roomEvents(w http.ResponseWriter, r *http.Request) {
	rt.stream(w, r, events, r.PathValue("room"))
}

func (rt *Routes) notifications(w http.ResponseWriter, r *http.Request) {
	rt.stream(w, r, notices, "notifications")
}

// stream answers with the messages of a room.
func (rt *Routes) stream(w http.ResponseWriter, r *http.Request, kind *engine.Stream, room string) {
	q, why := rt.parseJoin(w, r, room, lastEventID(r))
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
	done, err := rt.cfg.Rooms.Open(r.Context(), q.room, q.since)
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	defer done()
	_ = rt.cfg.Engine.Stream(w, r, kind, rt.until(q.Identity, &eventSession{rt.newSession(q)}))
}

// lastEventID is the position that a client comes back to: by the header that EventSource sends, or by the query
// parameter of clients that can set no header. Either comes with the URL's since of long ago.
func lastEventID(r *http.Request) string {
	return cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("lastEventId"))
}

// Listens is for rooms.Listener.
func (m *eventSession) Listens() {}

// View is for rooms.Viewer.
func (m *eventSession) View() rooms.View { return asEvents{} }

// WriteFrames is for rooms.Sink, whose frames are events in this view.
func (m *eventSession) WriteFrames(events []byte) (taken int, err error) {
	return m.WriteEvents(events)
}

// OnOpen joins the room. The first bytes of the stream are its position, by which a client comes back also
// if nothing is said until then: by itself, or as the id of the gap if the client has missed something.
func (m *eventSession) OnOpen(c *engine.Conn) {
	m.open(c, m.routes.cfg.Rooms, m, func(p rooms.Position) {
		begins := codec.AppendPosition(nil, p.Epoch, p.Behind)
		if p.Lost {
			begins = codec.AppendMessageEvent(nil, encodeGap(p), p.Epoch)
		}
		_ = c.Send(frame.Text, begins)
	})
}

// OnMessage is not called, because the client of a stream sends nothing.
func (m *eventSession) OnMessage(*engine.Conn, frame.Opcode, []byte) {}
