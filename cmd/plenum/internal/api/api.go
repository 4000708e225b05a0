package api

import (
	"context"
	_ "embed"
	"maps"
	"net/http"
	"slices"
	"strings"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/cmd/plenum/internal/settings"
	"plenum/rooms"
)

// Directory reads the rooms of all nodes. If the bus is away its errors are rooms.ErrBus.
type Directory interface {
	Rooms(ctx context.Context, after string, limit int) (rooms.RoomPage, error)
	Room(ctx context.Context, name string) (info rooms.Info, found bool, err error)
	Members(ctx context.Context, room, after string, limit int) (rooms.MemberPage, error)
	Messages(ctx context.Context, room string, since *rooms.Since, limit int, now int64) (page rooms.MessagePage, found bool, err error)
	// Kick closes the connections of a user in a room. all is false if a node has not answered.
	Kick(ctx context.Context, room, name string, code int, reason string) (closed int, all bool, err error)
}

// Publisher publishes to a room from outside. rooms.Hub.Publish says how.
type Publisher interface {
	Publish(room string, body []byte, now int64, to rooms.Receipt)
}

// Config is what an API is made of.
type Config struct {
	Guard      *access.Guard
	Directory  Directory
	Publisher  Publisher
	MaxMessage settings.Bytes // of a text
}

// API answers the requests. Make it with New.
type API struct {
	cfg Config // set at creation
}

// New returns an API.
func New(cfg Config) *API { return &API{cfg} }

// Register adds the routes: those with names in their paths to named, the others to mux.
func (a *API) Register(named *pathmux.Mux, mux *http.ServeMux) {
	for path, m := range a.resources() {
		named.Handle(path, a.guarded(m))
	}
	mux.HandleFunc("/api", answer.NotFound)
	mux.HandleFunc("/api/", answer.NotFound)
}

// resources are the resources of the API, and what each method of them does.
func (a *API) resources() map[string]methods {
	return map[string]methods{
		"/api/openapi.json":                    {http.MethodGet: describe},
		"/api/rooms":                           {http.MethodGet: a.listRooms},
		"/api/rooms/{room}":                    {http.MethodGet: inRoom(a.showRoom)},
		"/api/rooms/{room}/members":            {http.MethodGet: inRoom(a.listMembers)},
		"/api/rooms/{room}/members/{username}": {http.MethodDelete: inRoom(a.kick)},
		"/api/rooms/{room}/messages":           {http.MethodGet: inRoom(a.listMessages), http.MethodPost: inRoom(a.postMessage)},
	}
}

// methods says what a resource does, by method.
type methods map[string]http.HandlerFunc

//go:embed openapi.json
var openAPI []byte

// inRoom returns h for the room in the path. If that is not a valid name, it answers itself.
func inRoom(h func(w http.ResponseWriter, r *http.Request, name string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, why := access.CheckRoom(r.PathValue("room"))
		if why != "" {
			answer.Problem(w, http.StatusBadRequest, string(why))
			return
		}
		h(w, r, name)
	}
}

// describe answers with the description of the API.
func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

// guarded returns a resource that answers only allowed callers and methods, and web pages only
// of allowed origins.
func (a *API) guarded(m methods) http.Handler {
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	if get, ok := m[http.MethodGet]; ok {
		m[http.MethodHead] = get
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, known := m[r.Method]
		name, may := a.mayCall(w, r)
		switch {
		case !may:
		case r.Header.Get("Origin") != "" && !a.cfg.Guard.AllowOrigin(r):
			a.cfg.Guard.DenyOrigin(w)
		case !known:
			w.Header().Set("Allow", allow)
			answer.Problem(w, http.StatusMethodNotAllowed, "the method must be "+allow)
		default:
			h(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, name)))
		}
	})
}

// callerKey is the key of the context value that caller reads.
type callerKey struct{}

// caller returns the name of the token with which the API was called; empty without sign-in.
func caller(r *http.Request) string {
	name, _ := r.Context().Value(callerKey{}).(string)
	return name
}

// mayCall reports whether the API answers the caller, and returns the name of the caller's token. If
// the API does not, mayCall has answered. Without sign-in the API answers callers on this machine that
// address it by a name of this machine, and not through a proxy. With sign-in it answers admins.
func (a *API) mayCall(w http.ResponseWriter, r *http.Request) (name string, may bool) {
	if !a.cfg.Guard.NeedsToken() {
		why := access.NotLocal(r)
		if why != "" {
			answer.Problem(w, http.StatusForbidden, "without sign-in the API answers only to callers on this machine; "+why)
		}
		return "", why == ""
	}
	id, why := a.cfg.Guard.SignIn(w, r, "")
	if why == "" && !id.Admin {
		why = access.NotAllowed
	}
	if why != "" {
		access.Deny(w, why)
	}
	return id.Name, why == ""
}
