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

// events are the event streams of rooms. A periodic comment keeps the connections open.
var events = &engine.Stream{Beat: []byte(":\n\n"), Period: 15 * time.Second, Last: lastEvent}

// notices are the event streams of /sse/notifications. A periodic ping event keeps the connections open.
var notices = &engine.Stream{Beat: []byte("data: {\"type\":\"ping\"}\n\n"), Period: 5 * time.Second, Last: lastEvent}

// lastEvent returns the last event of a stream. It has the code and reason of a close frame, and the delay after
// which EventSource is to reconnect.
func lastEvent(status engine.CloseStatus) []byte {
	return codec.AppendEnd(nil, status.Code, status.Reason, int(status.Retry.Milliseconds()))
}

// eventSession is the event stream of a room: /sse/rooms/{room}. Its name is not shown to other members, but an admin can
// close the stream by this name.
type eventSession struct{ session }

func (rt *Routes) roomEvents(w http.ResponseWriter, r *http.Request) {
	rt.stream(w, r, events, r.PathValue("room"))
}

func (rt *Routes) notifications(w http.ResponseWriter, r *http.Request) {
	rt.stream(w, r, notices, "notifications")
}

// stream answers with an event stream of a room's messages.
func (rt *Routes) stream(w http.ResponseWriter, r *http.Request, kind *engine.Stream, room string) {
	q, why := rt.parseJoin(w, r, room, lastEventID(r))
	if why != "" {
		access.Deny(w, why)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("X-Accel-Buffering", "no") // nginx must not buffer the events
	if r.Method == http.MethodHead {
		return
	}
	done, err := rt.cfg.Rooms.Open(r.Context(), q.room, q.since)
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	defer done()
	m := &eventSession{rt.newSession(q)}
	_ = rt.cfg.Engine.Stream(w, r, kind, &m.Conn, rt.until(q.Identity, m))
}

// lastEventID returns the position at which a reconnecting client resumes. EventSource sends it as a header;
// clients that cannot set headers send it as a query parameter. Both replace the since in the URL, which is
// older: a reconnecting EventSource does not change its URL.
func lastEventID(r *http.Request) string {
	return cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("lastEventId"))
}

// Listens implements rooms.Listener.
func (m *eventSession) Listens() {}

// View implements rooms.Viewer.
func (m *eventSession) View() rooms.View { return viewOf(eventView{}, m.events) }

// WriteFrames implements rooms.Sink. In this view the frames are events.
func (m *eventSession) WriteFrames(events []byte) (taken int, err error) {
	return m.WriteEvents(events)
}

// OnOpen joins the room. The stream begins with the client's position, so that the client can resume even if it
// receives no message. If messages are missing, the position is the id of the gap event.
func (m *eventSession) OnOpen(c *engine.Conn) {
	m.open(c, m.routes.cfg.Rooms, m, func(p rooms.Position) {
		begins := codec.AppendPosition(nil, p.Epoch, p.Behind)
		if p.Lost {
			begins = codec.AppendMessageEvent(nil, encodeGap(p), p.Epoch)
		}
		_ = c.Send(frame.Text, begins)
	})
}

// OnMessage is never called, because the client of an event stream sends nothing.
func (m *eventSession) OnMessage(*engine.Conn, frame.Opcode, []byte) {}
