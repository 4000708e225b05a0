package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plenum/cmd/plenum/internal/console"
)

// adminRoutes is the admin listener. Bound to a loopback address it is for this
// machine alone, so it answers to no other name.
func (s *server) adminRoutes(bound string) http.Handler {
	mux := http.NewServeMux()
	console.Register(mux)
	mux.HandleFunc("GET /status", s.showStatus)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry(), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /debug/check", s.check)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound) // there may be a secret on it
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	if !isLoopback(bound) {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !namesLoopback(r) {
			say(w, http.StatusForbidden, fmt.Sprintf("the admin listener answers only to localhost and loopback addresses, and this request was sent to the Host %q", r.Host))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// ready tells a load balancer whether to send clients here.
func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	word, status := s.readiness(), http.StatusOK
	if word != isReady {
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

// check compares the counters with the real tables.
func (s *server) check(w http.ResponseWriter, r *http.Request) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	var err error
	for range checks {
		if err = errors.Join(s.engine.Check(), s.rooms.Check(), s.lobby.Check()); err == nil {
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

func say(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n")
}
