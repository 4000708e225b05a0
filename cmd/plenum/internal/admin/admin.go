// Package admin serves the admin listener: health and readiness checks, GET /status, GET /metrics,
// GET /debug/check, profiles (/debug/pprof/), and the pages of operations, rooms and channels.
package admin

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/console"
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/cmd/plenum/internal/memory"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/engine"
	"plenum/engine/origin"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// Config names the parts of the server that the admin listener reports on.
type Config struct {
	Version string // of this build
	Cores   int    // processors that this process may use
	Engine  *engine.Engine
	Hubs    []*rooms.Hub // their counters are added up
	Bus     *natsbus.Bus // connection to the brokers; nil: there are none
	Memory  *memory.Watch
	Logger  *slog.Logger
	// API adds the resources under /api, for the pages of rooms and channels.
	API interface {
		Register(named *pathmux.Mux, mux *http.ServeMux)
	}

	// CertificateEnd returns when the TLS certificate expires; the zero time if there is none.
	CertificateEnd func() time.Time
	// Webhooks returns the counters of the webhooks.
	Webhooks func() webhook.Stats
	// Refused returns the number of refused clients by reason, except clients that the engine counts.
	Refused func() map[string]uint64
	// Keys returns the counts of the idempotency keys of the API.
	Keys func() idempotency.Stats
	// Apps returns the counters of the apps that may use the Pusher Channels protocol.
	Apps func() []apps.Labelled
}

// Admin serves the admin listener. Its methods may be called from any goroutine.
type Admin struct {
	cfg     Config
	started time.Time

	draining atomic.Pointer[Drain] // nil: not draining
}

// New returns an Admin. The uptime counts from this call.
func New(cfg Config) *Admin { return &Admin{cfg: cfg, started: time.Now()} }

// Handler returns the routes of the admin listener, which is bound to the address bound. On a loopback
// address it answers only requests whose Host is localhost or a loopback address, which protects it
// against DNS rebinding.
func (a *Admin) Handler(bound net.Addr) http.Handler {
	mux := http.NewServeMux()
	named := &pathmux.Mux{Rest: mux}
	console.Register(mux)
	a.cfg.API.Register(named, mux)
	mux.HandleFunc("GET /status", a.showStatus)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry(), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeLine(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("GET /debug/check", a.check)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound) // the command line may contain a secret
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	if addr, ok := bound.(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
		return named
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, _ := origin.Split(r.Host, "http"); !origin.IsLoopback(name) {
			writeLine(w, http.StatusForbidden, fmt.Sprintf("the admin listener answers only requests to localhost or a loopback address, and this request was sent to the Host %q", r.Host))
			return
		}
		named.ServeHTTP(w, r)
	})
}

// A connection that opens or closes during a comparison can cause a difference. So the counters are compared several
// times, and only a difference in all comparisons is reported.
const (
	checks     = 40                    // maximum number of comparisons
	checkEvery = 50 * time.Millisecond // time between two comparisons
)

// check answers GET /debug/check: whether the counters agree with the tables of connections, rooms and members.
func (a *Admin) check(w http.ResponseWriter, r *http.Request) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	var err error
	for range checks {
		if err = a.compare(); err == nil {
			writeLine(w, http.StatusOK, "ok")
			return
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
	writeLine(w, http.StatusInternalServerError, err.Error())
}

// compare returns the differences between the counters and the tables; nil if there are none.
func (a *Admin) compare() error {
	err := a.cfg.Engine.Check()
	for _, hub := range a.cfg.Hubs {
		err = errors.Join(err, hub.Check())
	}
	return err
}

func writeLine(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n")
}
