package routes

import (
	"plenum/cmd/plenum/internal/access"
	"plenum/codec"
)

// refresh carries out the command refresh: the new token replaces the old one. If it allows less, the connection leaves the
// rooms that it may not be in any more. For each of them the client gets a left with the code not_allowed, before the response.
func (m *muxSession) refresh(c codec.Command, now int64) {
	guard := m.routes.cfg.Guard
	id, why := guard.Renew(c.Token, m.name)
	switch {
	case !guard.NeedsToken():
		m.refuse(c, "not_allowed", "this server has no sign-in, so there is no token to refresh")
		return
	case why == access.NotAllowed:
		m.refuse(c, "not_allowed", "the token is of another user")
		return
	case why != "":
		m.refuse(c, "bad_token", "the token is invalid or has expired")
		return
	}
	m.expireNever()
	m.rights = &id
	m.expire()
	refreshed := codec.Refreshed{ID: c.ID}
	if !id.Expires.IsZero() {
		refreshed.Expires = id.Expires.UnixMilli()
	}
	m.rooms.LeaveAll(&m.routes.mux, errNotAllowed, now, &m.Conn,
		func(room string) bool { return !guard.MayJoin(id, room) },
		func(room string) { m.answer(codec.Left{Room: room, Code: "not_allowed"}.Encode()) },
		func() { m.answer(refreshed.Encode()) })
}

// expire schedules the close of the connection at the end of its token.
func (m *muxSession) expire() {
	if !m.rights.Expires.IsZero() {
		m.routes.expiries.add(&m.Conn, m.rights.Expires)
	}
}

// expireNever cancels expire.
func (m *muxSession) expireNever() {
	if !m.rights.Expires.IsZero() {
		m.routes.expiries.remove(&m.Conn, m.rights.Expires)
	}
}
