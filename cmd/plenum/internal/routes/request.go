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

// request is who a client is, what it may do, and where it wants to be.
type request struct {
	auth.Identity
	query url.Values
	room  string
	since *rooms.Since // nil: only messages from now on
}

// parse reads a client's token or name, its query and its room, or returns why it is refused. last is
// a position that goes before the query's. parse runs before the upgrade, on a goroutine that may wait.
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
	q.since, why = access.CheckSince(cmp.Or(last, query.Get("since")))
	return q, why
}

// parseJoin is parse for a client that joins the room at once.
func (rt *Routes) parseJoin(w http.ResponseWriter, r *http.Request, room, last string) (q request, why access.Refusal) {
	q, why = rt.parse(w, r, room, last)
	if why == "" && !q.MayJoin(q.room) {
		why = access.NotAllowed
	}
	return q, why
}

// upgrade has h handle the connection until the token of id ends.
func (rt *Routes) upgrade(w http.ResponseWriter, r *http.Request, id auth.Identity, h engine.Handler) {
	_ = rt.cfg.Engine.Upgrade(w, r, rt.until(id, h))
}

// refuse upgrades and closes at once, because a browser cannot read the status of a failed handshake.
func (rt *Routes) refuse(w http.ResponseWriter, r *http.Request, why access.Refusal) {
	_ = rt.cfg.Engine.Upgrade(w, r, rt.refusing(why))
}

// upgradeSignedIn is the route of a handler that needs no room.
func (rt *Routes) upgradeSignedIn(w http.ResponseWriter, r *http.Request, handler func(id auth.Identity) engine.Handler) {
	id, why := rt.cfg.Guard.SignIn(w, r, "")
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	rt.upgrade(w, r, id, handler(id))
}
