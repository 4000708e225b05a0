package routes

import (
	"net/http"
	"net/url"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/rooms"
)

// asking is who a client is, what it may do, and where it wants to be.
type asking struct {
	auth.Identity
	query url.Values
	room  string
	since *rooms.Since
}

// asked reads a client's token or name, its query and its room; else it returns what is
// wrong with them. It runs before the upgrade, on a goroutine that may take its time.
func (rt *Routes) asked(w http.ResponseWriter, r *http.Request, room string) (a asking, why access.Reason) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if a.Identity, why = rt.cfg.Guard.SignIn(w, r, query.Get("username")); why != "" {
		return a, why
	}
	if err != nil {
		return a, access.BadName
	}
	if a.room, why = access.CheckRoom(room); why != "" {
		return a, why
	}
	a.query = query
	a.since, why = access.CheckSince(query.Get("since"))
	return a, why
}
