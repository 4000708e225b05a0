package routes

import (
	"context"
	"encoding/json"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/names"
	"plenum/codec"
	"plenum/rooms"
)

// publish is the command. The answer may come before or after the message.
func (m *muxSession) publish(c codec.Command, now int64) {
	r := m.member(c)
	if r == nil {
		return
	}
	switch {
	case c.Text == nil || *c.Text == "":
		m.refuse(c, "bad_command", codec.ErrNoText.Error())
		return
	case !m.id.Publish:
		m.refuse(c, "not_allowed", "the token does not allow to publish")
		return
	}
	if publish(r, m.id.Name, c.Room, *c.Text, now, &publishing{m, c.ID, c.Room}) != nil {
		m.refuse(c, "internal", "the message cannot be encoded")
	}
}

// publishing is the command publish until it is answered.
type publishing struct {
	mux  *muxSession
	id   json.RawMessage
	room string
}

// Published is for rooms.Receipt.
func (a *publishing) Published(_ rooms.Epoch, seq uint64, err error) {
	if err != nil {
		a.mux.answer(encodeRefusal(a.id, err))
		return
	}
	a.mux.answer(codec.Published{ID: a.id, Room: a.room, Seq: seq}.Encode())
}

// membersPage is how many names an answer to members has at most.
const membersPage = 100

// list is the command members, one at a time. Listing a large room takes milliseconds, so it is a
// background job.
func (m *muxSession) list(c codec.Command, _ int64) {
	if m.member(c) == nil {
		return
	}
	if !m.listing.CompareAndSwap(false, true) {
		m.refuse(c, "busy", "another answer to members is under way")
		return
	}
	if !m.routes.jobs.add(func() {
		page, err := m.routes.cfg.Directory.Members(context.Background(), c.Room, names.Normal(c.Cursor), membersPage)
		m.listing.Store(false) // a client that has the answer may ask again
		if err != nil {
			m.refuse(c, answer.CodeBus, err.Error())
			return
		}
		m.answer(codec.Members{ID: c.ID, Room: c.Room, Members: page.Names, Cursor: page.Cursor(), Incomplete: page.Incomplete}.Encode())
	}) {
		m.listing.Store(false)
		m.refuse(c, "busy", "too many ask for members")
	}
}
