package channels

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/engine"
	"plenum/rooms"
)

// Config has the parts of the server that the channels use.
type Config struct {
	Engine       *engine.Engine
	Apps         *apps.Registry
	Rooms        *rooms.Hub // all channels of all apps
	Sessions     *Sessions  // its method Excluded is the Excluded function of Rooms
	PresenceList int        // maximum number of users in the answer to a subscription
	Cluster      bool       // Rooms is connected to a bus of several nodes, so that clients can connect to another one
	Webhooks     *webhook.Sender
	Logger       *slog.Logger
}

// Channels serves the clients of the Pusher Channels protocol. Create it with New.
type Channels struct {
	// Set at creation.
	cfg  Config
	host memberships.Host

	apps sync.Map // *hosted by *apps.App

	lists   lists
	busAway busAway
}

// New returns a Channels. Call Register, and keep Run running while the channels serve.
func New(cfg Config) *Channels {
	c := &Channels{cfg: cfg}
	c.lists = lists{users: c.users, wake: make(chan struct{}, 1)}
	c.lists.unread = unread{freed: make(chan struct{}, 1), limit: maxUnread, of: map[*session]unreadBytes{}}
	c.host.Hub = cfg.Rooms
	return c
}

// path begins the path of all connections. The key of the app follows.
const path = "/app/"

// hosted holds the fields that the sessions of an app share.
type hosted struct {
	channels *Channels
	app      *apps.App
}

// hosted returns the hosted of an app.
func (c *Channels) hosted(app *apps.App) *hosted {
	h, known := c.apps.Load(app)
	if !known {
		h, _ = c.apps.LoadOrStore(app, &hosted{c, app})
	}
	return h.(*hosted)
}

// Register adds the route.
func (c *Channels) Register(named *pathmux.Mux) {
	named.Handle(path+"{key}", http.HandlerFunc(c.connect))
}

// Serves reports whether a request is for this package. Its handshake then does not block, and the rules of its app decide
// which pages may connect.
func Serves(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, path) }

// Run sends lists of users to new subscribers until ctx ends.
func (c *Channels) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() { c.lists.run(ctx) })
	}
	running.Wait()
}

// Wait returns when no goroutine of a connection waits for the bus or for the end of a flush any more.
func (c *Channels) Wait() { c.host.Wait() }

// CloseRemoved closes the connections of apps that no longer exist.
func (c *Channels) CloseRemoved() {
	c.apps.Range(func(app, _ any) bool {
		if app.(*apps.App).Removed() {
			c.apps.Delete(app)
		}
		return true
	})
	c.cfg.Sessions.each(func(m *session) {
		if m.app.Removed() {
			m.closeRemoved()
		}
	})
}
