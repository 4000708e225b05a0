// Package admin serves the admin listener: health and readiness, GET /status, GET /metrics,
// the comparison of the counters with the tables, profiles, and the operations page.
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

	"plenum/cmd/plenum/internal/console"
	"plenum/cmd/plenum/internal/memory"
	"plenum/engine"
	"plenum/engine/origin"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// Config names what the admin listener reports on.
type Config struct {
	Version string // of this build
	Cores   int    // processors that this process may use
	Engine  *engine.Engine
	Hubs    []*rooms.Hub // their counters are added up
	Bus     *natsbus.Bus // nil: there is this node alone
	Memory  *memory.Watch
	Logger  *slog.Logger

	// CertificateEnd returns when the certificate ends; the zero time if there is none.
	CertificateEnd func() time.Time
	// Refused returns the refusals that the engine does not count, by reason.
	Refused func() map[string]uint64
}

// Admin answers the operator. Its methods may be called from any goroutine.
type Admin struct {
	cfg   Config
	began time.Time

	draining atomic.Pointer[Drain] // nil: not yet
}

// New returns an Admin. Uptime and counters are reported as counting from now on.
func New(cfg Config) *Admin { return &Admin{cfg: cfg, began: time.Now()} }

// Handler returns the routes of the admin listener, which is bound to an address. On a loopback
// address the listener is for this machine alone, so it answers to no other name.
func (a *Admin) Handler(bound net.Addr) http.Handler {
	mux := http.NewServeMux()
	console.Register(mux)
	mux.HandleFunc("GET /status", a.showStatus)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry(), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("GET /debug/check", a.check)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound) // there may be a secret on it
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	if addr, ok := bound.(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, _ := origin.Split(r.Host, "http"); !origin.IsLoopback(name) {
			say(w, http.StatusForbidden, fmt.Sprintf("the admin listener answers only to localhost and loopback addresses, and this request was sent to the Host %q", r.Host))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// ready tells a load balancer whether to send clients here.
func (a *Admin) ready(w http.ResponseWriter, _ *http.Request) {
	word, status := a.readiness(), http.StatusOK
	if word != Ready {
		status = http.StatusServiceUnavailable
	}
	say(w, status, word)
}

// How often the counters are compared before a disagreement is believed:
// connections that come and go meanwhile look like one.
const (
	checks     = 40
	checkEvery = 50 * time.Millisecond
)

// check answers whether the counters agree with the real tables.
func (a *Admin) check(w http.ResponseWriter, r *http.Request) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	var err error
	for range checks {
		if err = a.compare(); err == nil {
			say(w, http.StatusOK, "ok")
			return
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
	say(w, http.StatusInternalServerError, err.Error())
}

// compare returns how the counters differ from the real tables, nil if they do not.
func (a *Admin) compare() error {
	err := a.cfg.Engine.Check()
	for _, hub := range a.cfg.Hubs {
		err = errors.Join(err, hub.Check())
	}
	return err
}

func say(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n")
}
