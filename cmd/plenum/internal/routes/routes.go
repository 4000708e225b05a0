package routes

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/engine"
	"plenum/rooms"
)

// Directory lists the members of rooms on all nodes. If the bus is away its errors are rooms.ErrBus.
type Directory interface {
	Members(ctx context.Context, room, after string, limit int) (rooms.MemberPage, error)
}

// Config is what the routes are made of.
type Config struct {
	Engine    *engine.Engine
	Guard     *access.Guard
	Rooms     *rooms.Hub // of JSON messages
	Lobby     *rooms.Hub // of the one room of plain text behind /chat
	Directory Directory
	Cluster   bool // Rooms has a bus
	Logger    *slog.Logger

	MaxRoomsPerConn int
}

// Routes serves the connections. Make it with New.
type Routes struct {
	// Set at creation.
	cfg      Config
	expiries *expiries // of connections whose token ends
	jobs     jobs

	waits sync.WaitGroup // goroutines that wait for the bus, or for the end of a flush

	// Atomic.
	lobbyUsers atomic.Int64  // in /chat now
	lobbyNames atomic.Uint64 // given out in /chat so far
}

// New returns Routes, which serve once they are registered. Run starts what they need.
func New(cfg Config) *Routes {
	return &Routes{cfg: cfg, expiries: newExpiries(), jobs: make(jobs, maxJobs)}
}

// Register adds the routes: those with names in their paths to named, the others to mux.
func (rt *Routes) Register(named *pathmux.Mux, mux *http.ServeMux) {
	named.Handle("/ws/chat/{room}", http.HandlerFunc(rt.chat))
	mux.HandleFunc("/ws/chat/{$}", rt.chat)
	mux.HandleFunc("/ws/chat", rt.chat)
	mux.HandleFunc("/ws", rt.mux)
	named.Handle("/sse/rooms/{room}", rt.cfg.Guard.ForPages(rt.roomEvents))
}

// RegisterDemo adds the routes for trying.
func (rt *Routes) RegisterDemo(mux *http.ServeMux) {
	mux.HandleFunc("/chat", rt.lobby)
	mux.HandleFunc("/echo", rt.plain(&echo))
	mux.HandleFunc("/hello", rt.plain(&hello))
	mux.HandleFunc("/sse/notifications", rt.cfg.Guard.ForPages(rt.notifications))
	mux.HandleFunc("/echo/raw", rt.plain(rawEcho{}))
}

// Run closes connections whose token ends, and carries out background jobs, until ctx ends.
func (rt *Routes) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { rt.expiries.watch(ctx) })
	running.Go(func() { rt.jobs.run(ctx) })
	running.Wait()
}

// Wait waits for the goroutines of connections that wait for the bus, or for the end of a flush.
func (rt *Routes) Wait() { rt.waits.Wait() }

// plain returns a route whose handler keeps nothing of a connection.
func (rt *Routes) plain(h engine.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rt.upgradeSignedIn(w, r, func(auth.Identity) engine.Handler { return h })
	}
}
