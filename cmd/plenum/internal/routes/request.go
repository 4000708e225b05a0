package routes

import (
	"cmp"
	"net/http"
	"net/url"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/engine"
	"plenum/rooms"
)

// request is a client's parsed request: its identity, the query, the room, and the position to resume from.
type request struct {
	auth.Identity
	query  url.Values
	room   string
	since  *rooms.Since // nil: only new messages
	events bool         // announcements are wanted as events
}

// parse reads the identity, query, room and position of a request, or returns why the client is refused. The position
// last, if not empty, replaces the since of the query. parse runs before the upgrade and does not block.
func (rt *Routes) parse(w http.ResponseWriter, r *http.Request, room, last string) (q request, why access.Refusal) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if q.Identity, why = rt.cfg.Guard.SignIn(w, r, query.Get("username")); why != "" {
		return q, why
	}
	if err != nil {
		return q, access.BadName
	}
	if q.room, why = access.CheckRoom(room); why != "" {
		return q, why
	}
	q.query = query
	if q.events, why = checkAnnouncements(query); why != "" {
		return q, why
	}
	q.since, why = access.CheckSince(cmp.Or(last, query.Get("since")))
	return q, why
}

// parseJoin is like parse, but also checks that the client may join the room.
func (rt *Routes) parseJoin(w http.ResponseWriter, r *http.Request, room, last string) (q request, why access.Refusal) {
	q, why = rt.parse(w, r, room, last)
	if why == "" && !rt.cfg.Guard.MayJoin(q.Identity, q.room) {
		why = access.NotAllowed
	}
	return q, why
}

// upgrade performs the WebSocket handshake. h handles the connection until the token of id expires. c is the Conn in h, or
// nil if there is none.
func (rt *Routes) upgrade(w http.ResponseWriter, r *http.Request, id auth.Identity, c *engine.Conn, h engine.Handler) {
	_ = rt.cfg.Engine.Upgrade(w, r, c, rt.until(id, h))
}

// refuse performs the handshake and closes the connection at once with code 1008. A browser could not read the
// status of a failed handshake.
func (rt *Routes) refuse(w http.ResponseWriter, r *http.Request, why access.Refusal) {
	_ = rt.cfg.Engine.Upgrade(w, r, nil, rt.refusing(why))
}

// upgradeSignedIn is for routes without a room in the request. It checks the identity and performs the handshake.
func (rt *Routes) upgradeSignedIn(w http.ResponseWriter, r *http.Request, handler func(id auth.Identity) (*engine.Conn, engine.Handler)) {
	id, why := rt.cfg.Guard.SignIn(w, r, "")
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	c, h := handler(id)
	rt.upgrade(w, r, id, c, h)
}
