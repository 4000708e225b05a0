package routes

import (
	"errors"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/codec"
	"plenum/rooms"
)

var errNotAllowed = errors.New("the token does not allow joining this room")

// join carries out the command join. The messages of the room follow the response.
func (m *muxSession) join(c codec.Command, _ int64) {
	var since *rooms.Since
	if c.Since != nil {
		var why access.Refusal
		if since, why = access.CheckSince(*c.Since); why != "" {
			m.refuse(c, "bad_since", "since must have the form epoch:seq")
			return
		}
	}
	if !m.routes.cfg.Guard.MayJoin(*m.rights, c.Room) {
		m.refuse(c, "not_allowed", errNotAllowed.Error())
		return
	}
	m.rooms.Join(&m.routes.mux, memberships.Join{Room: c.Room, Since: since, Sink: m.sink(), Answer: joining{m, c}, Max: m.routes.cfg.MaxRoomsPerConn})
}

// joining is a join command that is not answered yet.
type joining struct {
	mux     *muxSession
	command codec.Command
}

// Joined implements memberships.Answer.
func (j joining) Joined(_ *rooms.Member, p rooms.Position) (ready bool) {
	sendJoined(&j.mux.Conn, codec.Joined{ID: j.command.ID, Room: p.Room, Epoch: p.Epoch, Seq: p.Seq, Members: p.Members, Recovered: p.Recovered}.Encode(), p)
	return true
}

// Refused implements memberships.Answer.
func (j joining) Refused(err error) {
	switch {
	case errors.Is(err, memberships.ErrJoined):
		j.mux.refuse(j.command, "already_joined", err.Error())
	case errors.Is(err, memberships.ErrTooMany):
		j.mux.refuse(j.command, "too_many_rooms", err.Error())
	case errors.Is(err, memberships.ErrCancelled):
		j.mux.refuse(j.command, "cancelled", err.Error())
	case errors.Is(err, errNotAllowed):
		j.mux.refuse(j.command, "not_allowed", err.Error())
	case errors.Is(err, rooms.ErrFull):
		j.mux.refuse(j.command, "too_many_rooms", "the server has reached its limit of rooms")
	default:
		j.mux.refuse(j.command, answer.CodeBus, answer.Text(err))
	}
}
