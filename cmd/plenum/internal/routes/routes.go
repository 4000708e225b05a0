package routes

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/engine"
	"plenum/rooms"
)

// Directory lists the members of rooms on all nodes. If no broker can be reached, its errors are rooms.ErrBus.
type Directory interface {
	Members(ctx context.Context, room, after string, limit int) (rooms.MemberPage, error)
}

// Config holds the parts of the server that the routes use.
type Config struct {
	Engine    *engine.Engine
	Guard     *access.Guard
	Rooms     *rooms.Hub // all rooms with JSON messages
	Lobby     *rooms.Hub // the one room of plain text behind /chat
	Directory Directory
	Cluster   bool // Rooms is connected to a bus
	Logger    *slog.Logger

	MaxRoomsPerConn int
}

// Routes serves WebSocket connections and event streams. Create it with New.
type Routes struct {
	// Set at creation.
	cfg      Config
	expiries *expiries // of connections whose token ends
	jobs     jobs

	openTerms [4]terms // shared by the sessions that have joined; see open

	mux memberships.Host // of the connections to several rooms

	// Atomic.
	lobbyUsers atomic.Int64  // current number of connections to /chat
	lobbyNames atomic.Uint64 // number of names assigned in /chat so far
}

// New returns a Routes. Call Register, and keep Run running while the routes serve.
func New(cfg Config) *Routes {
	rt := &Routes{cfg: cfg, expiries: newExpiries(), jobs: make(jobs, maxJobs)}
	rt.mux.Hub = cfg.Rooms
	for i := range rt.openTerms {
		rt.openTerms[i] = terms{routes: rt, readOnly: i&1 != 0, events: i&2 != 0}
	}
	return rt
}

// open returns the terms that a session shares with others after it has joined.
func (rt *Routes) open(readOnly, events bool) *terms {
	i := 0
	if readOnly {
		i |= 1
	}
	if events {
		i |= 2
	}
	return &rt.openTerms[i]
}

// Register adds the routes. Routes with names in their paths go to named, the others to mux.
func (rt *Routes) Register(named *pathmux.Mux, mux *http.ServeMux) {
	named.Handle("/ws/chat/{room}", http.HandlerFunc(rt.chat))
	mux.HandleFunc("/ws/chat/{$}", rt.chat)
	mux.HandleFunc("/ws/chat", rt.chat)
	mux.HandleFunc("/ws", rt.several)
	named.Handle("/sse/rooms/{room}", rt.cfg.Guard.ForPages(rt.roomEvents))
}

// RegisterDemo adds the routes for demonstrations.
func (rt *Routes) RegisterDemo(mux *http.ServeMux) {
	mux.HandleFunc("/chat", rt.lobby)
	mux.HandleFunc("/echo", rt.plain(&echo))
	mux.HandleFunc("/hello", rt.plain(&hello))
	mux.HandleFunc("/sse/notifications", rt.cfg.Guard.ForPages(rt.notifications))
	mux.HandleFunc("/echo/raw", rt.plain(rawEcho{}))
}

// Run closes connections when their tokens expire, and carries out background jobs, until ctx ends.
func (rt *Routes) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { rt.expiries.watch(ctx) })
	running.Go(func() { rt.jobs.run(ctx) })
	running.Wait()
}

// Wait returns when no goroutine of a connection waits for the bus or for the end of a flush any more.
func (rt *Routes) Wait() { rt.mux.Wait() }

// plain returns a route whose connections share the handler h, which has no state per connection.
func (rt *Routes) plain(h engine.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rt.upgradeSignedIn(w, r, func(auth.Identity) (*engine.Conn, engine.Handler) { return nil, h })
	}
}
