package channelsapi

import (
	"context"
	_ "embed"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/rooms"
)

// Directory reads the channels of all nodes. If no broker can be reached, its errors are rooms.ErrBus.
type Directory interface {
	Rooms(ctx context.Context, after string, limit int) (rooms.RoomPage, error)
	Room(ctx context.Context, name string) (info rooms.Info, found bool, err error)
	Members(ctx context.Context, room, after string, limit int) (rooms.MemberPage, error)
	// Kick closes the connections of a user in a room, and returns their number. all is false if a node did
	// not answer in time.
	Kick(ctx context.Context, room, name string, code int, reason string) (closed int, all bool, err error)
	// Kept returns the latest event of a cache channel. now is in Unix milliseconds.
	Kept(ctx context.Context, room string, now int64) (kept rooms.Kept, found bool, err error)
}

// Publisher publishes to a room without being a member. See rooms.Hub.Publish.
type Publisher interface {
	Publish(room string, body []byte, now int64, to rooms.Receipt)
}

// Config holds the parts of the server that an API uses.
type Config struct {
	Apps      *apps.Registry
	Directory Directory
	Publisher Publisher
	KeepFor   time.Duration // the time for which a cache channel keeps its latest event
}

// API serves the resources under /apps. Create it with New.
type API struct {
	cfg Config // set at creation
}

// New returns an API.
func New(cfg Config) *API { return &API{cfg} }

// Register adds the routes: the resources of the API to named, and a 404 for other paths under /apps to mux.
func (a *API) Register(named *pathmux.Mux, mux *http.ServeMux) {
	named.Handle("/apps/openapi.json", http.HandlerFunc(describe))
	for path, m := range a.resources() {
		named.Handle(path, a.signed(m))
	}
	notFound := func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, failure{status: http.StatusNotFound, text: "no such resource"})
	}
	mux.HandleFunc("/apps", notFound)
	mux.HandleFunc("/apps/", notFound)
}

// resources returns the handlers of the signed resources by path pattern and method.
func (a *API) resources() map[string]methods {
	return map[string]methods{
		"/apps/{app}/events":                   {http.MethodPost: a.postEvent},
		"/apps/{app}/batch_events":             {http.MethodPost: a.postBatch},
		"/apps/{app}/channels":                 {http.MethodGet: a.listChannels},
		"/apps/{app}/channels/{channel}":       {http.MethodGet: a.showChannel},
		"/apps/{app}/channels/{channel}/users": {http.MethodGet: a.listUsers},
		// Pusher's library for Node does not escape the slashes of a user's id.
		"/apps/{app}/users/{user...}/terminate_connections": {http.MethodPost: a.terminate},
		// Pusher's library for Python leaves out the app.
		"/users/{user...}/terminate_connections": {http.MethodPost: a.terminate},
	}
}

// methods are the handlers of a resource by HTTP method.
type methods map[string]func(*call) (answer any, err error)

//go:embed openapi.json
var openAPI []byte

// describe answers with the OpenAPI document.
func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

// signed returns the handler of a resource, which answers the signed requests of apps.
func (a *API) signed(m methods) http.Handler {
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app := a.appOf(r)
		if app == nil {
			refuse(w, failure{status: http.StatusNotFound, text: "no such app"})
			return
		}
		app.Count(apps.Requests)
		handle, known := m[r.Method]
		if !known {
			w.Header().Set("Allow", allow)
			handle = func(*call) (any, error) {
				return nil, failure{status: http.StatusMethodNotAllowed, text: "the method must be " + allow}
			}
		}
		result, err := serve(&call{Request: r, app: app, settings: app.Settings()}, handle, w)
		if err != nil {
			app.Count(apps.RequestsRefused)
			refuse(w, err)
			return
		}
		answer.JSON(w, http.StatusOK, result)
	})
}

// appOf returns the app that the path names, or else the one with the key of the query; nil if there is none.
func (a *API) appOf(r *http.Request) *apps.App {
	if id := r.PathValue("app"); id != "" {
		return a.cfg.Apps.ByID(id)
	}
	return a.cfg.Apps.ByKey(r.URL.Query().Get("auth_key"))
}

// serve checks the request and calls handle.
func serve(c *call, handle func(*call) (any, error), w http.ResponseWriter) (any, error) {
	if err := c.authorize(time.Now()); err != nil {
		return nil, err
	}
	if err := c.readBody(w); err != nil {
		return nil, err
	}
	return handle(c)
}
