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
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/cmd/plenum/internal/settings"
	"plenum/engine/origin"
	"plenum/rooms"
)

// Directory reads the rooms of all nodes. If no broker can be reached, its errors are rooms.ErrBus.
type Directory interface {
	Rooms(ctx context.Context, after string, limit int) (rooms.RoomPage, error)
	Room(ctx context.Context, name string) (info rooms.Info, found bool, err error)
	Members(ctx context.Context, room, after string, limit int) (rooms.MemberPage, error)
	Messages(ctx context.Context, room string, since *rooms.Since, limit int, now int64) (page rooms.MessagePage, found bool, err error)
	// Kick closes the connections of a user in a room, and returns their number. all is false if a node did
	// not answer in time.
	Kick(ctx context.Context, room, name string, code int, reason string) (closed int, all bool, err error)
}

// Publisher publishes to a room without being a member. See rooms.Hub.Publish.
type Publisher interface {
	Publish(room string, body []byte, now int64, to rooms.Receipt)
}

// Config holds the parts of the server that an API uses.
type Config struct {
	Guard      *access.Guard
	Directory  Directory
	Publisher  Publisher
	MaxMessage settings.Bytes // maximum length of a message's content
	Keys       *idempotency.Keys

	// Operators is for the admin listener: callers on this machine need no token, and others may not use the API. The only web
	// pages that may use it are those of the listener itself.
	Operators bool
	// Channels are served to operators only; nil: there are none.
	Channels *Channels
}

// API serves the resources under /api. Create it with New.
type API struct {
	cfg Config // set at creation
}

// New returns an API.
func New(cfg Config) *API { return &API{cfg} }

// Register adds the routes: the resources of the API to named, and a 404 for other paths under /api to mux.
func (a *API) Register(named *pathmux.Mux, mux *http.ServeMux) {
	for path, m := range a.resources() {
		named.Handle(path, a.guarded(m))
	}
	mux.HandleFunc("/api", answer.NotFound)
	mux.HandleFunc("/api/", answer.NotFound)
}

// resources returns the handlers of the API by path pattern and method.
func (a *API) resources() map[string]methods {
	native := a.native()
	all := map[string]methods{
		"/api/openapi.json":                    {http.MethodGet: describe},
		"/api/messages":                        {http.MethodPost: a.postBatch},
		"/api/rooms":                           {http.MethodGet: a.listRooms},
		"/api/rooms/{room}":                    {http.MethodGet: inRoom(native.show)},
		"/api/rooms/{room}/members":            {http.MethodGet: inRoom(native.listMembers)},
		"/api/rooms/{room}/members/{username}": {http.MethodDelete: inRoom(native.kick)},
		"/api/rooms/{room}/messages":           {http.MethodGet: inRoom(native.listMessages), http.MethodPost: inRoom(a.postMessage)},
	}
	if a.cfg.Operators {
		maps.Copy(all, a.channels())
	}
	return all
}

// methods are the handlers of a resource by HTTP method.
type methods map[string]http.HandlerFunc

//go:embed openapi.json
var openAPI []byte

// inRoom returns a handler that calls h with the name of the room in the path. It answers requests with an
// invalid name by itself.
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

// describe answers with the OpenAPI document.
func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

// guarded returns the handler of a resource. It refuses callers that may not use the API, web pages of origins that
// are not allowed, and methods that are not in m. HEAD is answered like GET.
func (a *API) guarded(m methods) http.Handler {
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	if get, ok := m[http.MethodGet]; ok {
		m[http.MethodHead] = get
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, known := m[r.Method]
		name, allowed := a.authorize(w, r)
		switch {
		case !allowed:
		case r.Header.Get("Origin") != "" && !a.allowOrigin(r):
			a.cfg.Guard.DenyOrigin(w)
		case !known:
			w.Header().Set("Allow", allow)
			answer.Problem(w, http.StatusMethodNotAllowed, "the method must be "+allow)
		default:
			h(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, name)))
		}
	})
}

// allowOrigin reports whether the web page that sent r may use the API.
func (a *API) allowOrigin(r *http.Request) bool {
	if a.cfg.Operators {
		return origin.Same(r)
	}
	return a.cfg.Guard.AllowOrigin(r)
}

// callerKey is the key of the context value that caller reads.
type callerKey struct{}

// caller returns the name in the caller's token; empty without sign-in, and for callers with an API key.
func caller(r *http.Request) string {
	name, _ := r.Context().Value(callerKey{}).(string)
	return name
}

// authorize reports whether the caller may use the API, and returns the name in the caller's token. If the
// caller may not, authorize answers the request.
func (a *API) authorize(w http.ResponseWriter, r *http.Request) (name string, allowed bool) {
	if a.cfg.Operators {
		return "", allowLocal(w, r)
	}
	name, why, local := a.cfg.Guard.MayUseAPI(w, r)
	switch {
	case local != "":
		answer.Problem(w, http.StatusForbidden, "without sign-in the API answers only callers on this machine, and callers with an API key: "+local)
	case why != "":
		access.Deny(w, why)
	}
	return name, why == ""
}

// allowLocal reports whether the caller is on this machine. If not, it answers the request.
func allowLocal(w http.ResponseWriter, r *http.Request) bool {
	why := access.NotLocal(r)
	if why != "" {
		answer.Problem(w, http.StatusForbidden, "on the admin listener the API answers only callers on this machine: "+why)
	}
	return why == ""
}
