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

// chatSession is a connection in one room: /ws/chat/{room}.
type chatSession struct {
	*engine.Conn // set by OnOpen
	routes       *Routes
	name, room   string
	since        *rooms.Since // nil: it is new; cleared by OnOpen
	member       rooms.Member
	silent       bool // may only listen
	told         bool // the first frame says where it stands
}

func (rt *Routes) chat(w http.ResponseWriter, r *http.Request) {
	a, why := rt.asked(w, r, r.PathValue("room"))
	if why == "" && !a.MayJoin(a.room) {
		why = access.NotAllowed
	}
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	if engine.IsUpgrade(r) { // otherwise Upgrade answers 426
		done, err := rt.cfg.Rooms.Open(r.Context(), a.room, a.since)
		if err != nil {
			_ = rt.cfg.Engine.Upgrade(w, r, away{})
			return
		}
		defer done()
	}
	m := &chatSession{routes: rt, name: a.Name, room: a.room, since: a.since, silent: !a.Publish, told: a.query.Has("since")}
	_ = rt.cfg.Engine.Upgrade(w, r, rt.until(a.Identity, m))
}

// Name is for rooms.Sink.
func (m *chatSession) Name() string { return m.name }

// View is for rooms.Viewer.
func (m *chatSession) View() rooms.View { return viewFor(m.Conn) }

// OnOpen joins the room. If the client gave a since, also an empty one, it is told first where it stands, and then
// what it has missed.
func (m *chatSession) OnOpen(c *engine.Conn) {
	m.Conn = c
	now := time.Now().UnixMilli()
	if !m.told {
		if err := m.routes.cfg.Rooms.Join(&m.member, m.room, m, now); err != nil {
			m.routes.closeOut(c, err)
			return
		}
	} else {
		p, err := m.routes.cfg.Rooms.Resume(&m.member, m.room, m, m.since, now)
		if err != nil {
			m.routes.closeOut(c, err)
			return
		}
		_ = c.Send(frame.Text, codec.Resumed{Room: p.Room, Epoch: p.Epoch, Seq: p.Seq, Recovered: p.Recovered}.Encode())
		if p.Lost {
			_ = c.Send(frame.Text, codec.EncodeGap(gapOf(p)))
		}
		m.member.Drained()
	}
	m.room, m.since = m.member.Room(), nil // lets go of the request
}

// gapOf is what a client is told that comes back too late.
func gapOf(p rooms.Place) codec.Gap {
	return codec.Gap{Room: p.Room, From: p.From, To: p.To, Epoch: p.Epoch}
}

// OnMessage sends a text to the whole room, the sender too. An empty one is ignored, but has counted towards the
// client's rate.
func (m *chatSession) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if op != frame.Text || len(data) == 0 {
		return
	}
	if m.silent {
		m.routes.closeFor(m.Conn, access.NotAllowed)
		return
	}
	now := time.Now().UnixMilli()
	body, err := codec.Encode(codec.Message{Sender: m.name, Text: string(data), Room: m.room, Timestamp: now})
	if err != nil {
		m.routes.cfg.Logger.Error("encode", "error", err)
		return
	}
	m.member.Publish(body.Bytes(), now, m)
	body.Free()
}

// Published is for rooms.Receipt. Who speaks while the bus is away is told, and stays.
func (m *chatSession) Published(_ rooms.Epoch, _ uint64, err error) {
	code := answer.BusCode(err)
	switch {
	case err == nil:
	case code != "" || m.routes.cfg.Cluster:
		_ = m.Send(frame.Text, codec.Refusal{Code: cmp.Or(code, "busy"), Message: err.Error()}.Encode())
	default:
		m.routes.closeFor(m.Conn, access.RateLimit) // its room could take no more
	}
}

// OnDrain is for engine.Drainer.
func (m *chatSession) OnDrain() { m.member.Drained() }

// OnClose leaves the room.
func (m *chatSession) OnClose(*engine.Conn, int) { m.member.Leave(time.Now().UnixMilli()) }

// closeFor closes a client with 1008, and counts it.
func (rt *Routes) closeFor(c *engine.Conn, why access.Reason) {
	if c.Close(frame.ClosePolicy, string(why)) == nil {
		rt.cfg.Guard.CountRefused(why)
	}
}

// closeOut closes a client that could not join its room.
func (rt *Routes) closeOut(c *engine.Conn, err error) {
	if busAway(err) {
		away{}.OnOpen(c)
		return
	}
	rt.closeFor(c, access.TooManyRooms)
}

// away closes what it is given: it is to come back once the bus is there.
type away struct{}

// OnOpen closes.
func (away) OnOpen(c *engine.Conn) { _ = c.Close(later()) }

// OnMessage is never called, the connection is closing.
func (away) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnClose has nothing to undo.
func (away) OnClose(*engine.Conn, int) {}

// refuse upgrades and closes at once, because a browser cannot read the status
// of a failed handshake.
func (rt *Routes) refuse(w http.ResponseWriter, r *http.Request, why access.Reason) {
	_ = rt.cfg.Engine.Upgrade(w, r, rt.refusing(why))
}

// refusing is a handler that refuses.
func (rt *Routes) refusing(why access.Reason) engine.Handler { return refusal{rt, why} }

// refusal closes what it is given with 1008.
type refusal struct {
	routes *Routes
	why    access.Reason
}

// OnOpen closes.
func (f refusal) OnOpen(c *engine.Conn) { f.routes.closeFor(c, f.why) }

// OnMessage is never called, the connection is closing.
func (refusal) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnClose has nothing to undo.
func (refusal) OnClose(*engine.Conn, int) {}
