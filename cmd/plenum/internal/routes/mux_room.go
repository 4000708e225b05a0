package routes

import (
	"context"
	"encoding/json"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/names"
	"plenum/codec"
	"plenum/rooms"
)

// publish carries out the command publish. The response may precede or follow the published message.
func (m *muxSession) publish(c codec.Command, now int64) {
	r := m.member(c)
	if r == nil {
		return
	}
	content, err := c.Content()
	switch {
	case err != nil:
		m.refuse(c, "bad_command", err.Error())
		return
	case !m.routes.cfg.Guard.MayPublish(*m.rights, c.Room):
		m.refuse(c, "not_allowed", m.mayNotPublish())
		return
	}
	if publish(r, content.Message(m.name, c.Room, now), now, &publishing{m, c.ID, c.Room}) != nil {
		m.refuse(c, "internal", "the message cannot be encoded")
	}
}

// mayNotPublish returns the error message for a client that may not publish.
func (m *muxSession) mayNotPublish() string {
	if m.rights.Publish {
		return "only the API publishes in this room"
	}
	return "the token does not allow publishing"
}

// publishing is a publish command that is not answered yet.
type publishing struct {
	mux  *muxSession
	id   json.RawMessage
	room string
}

// Published implements rooms.Receipt.
func (a *publishing) Published(_ rooms.Epoch, seq uint64, err error) {
	if err != nil {
		a.mux.answer(encodeRefusal(a.id, err))
		return
	}
	a.mux.answer(codec.Published{ID: a.id, Room: a.room, Seq: seq}.Encode())
}

// membersPage is the maximum number of names in a response to members.
const membersPage = 100

// list carries out the command members as a background job, because listing a large room takes milliseconds. A
// connection has at most one such job.
func (m *muxSession) list(c codec.Command, _ int64) {
	if m.member(c) == nil {
		return
	}
	if !m.listing.CompareAndSwap(false, true) {
		m.refuse(c, "busy", "another members command of this connection is running: wait for its answer")
		return
	}
	if !m.routes.jobs.add(func() {
		page, err := m.routes.cfg.Directory.Members(context.Background(), c.Room, names.Normal(c.Cursor), membersPage)
		m.listing.Store(false) // before the response, after which the client may send the next command
		if err != nil {
			m.refuse(c, answer.CodeBus, answer.Text(err))
			return
		}
		members := codec.Members{ID: c.ID, Room: c.Room, Members: page.Names, Cursor: page.Cursor(), Incomplete: page.Incomplete}
		if c.Infos {
			members.Infos = answer.Infos(page.Infos)
		}
		m.answer(members.Encode())
	}) {
		m.listing.Store(false)
		m.refuse(c, "busy", "too many members commands are waiting on this server: try again")
	}
}
