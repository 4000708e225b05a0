package main

import (
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/api"
	"plenum/cmd/plenum/internal/channelsapi"
	"plenum/cmd/plenum/internal/page"
	"plenum/cmd/plenum/internal/pathmux"
)

// cacheAge is the time for which a cache channel keeps its latest event. It must be equal to the default of
// rooms.Config.KeepFor, which the hub of the channels uses.
const cacheAge = 30 * time.Minute

// public returns the handler of the public listener.
func (s *server) public() http.Handler {
	mux := http.NewServeMux()
	named := &pathmux.Mux{Rest: mux}
	page.Register(mux)
	mux.HandleFunc("OPTIONS /{$}", wholeServer)
	s.routes.Register(named, mux)
	api.New(api.Config{Guard: s.guard, Directory: s.directory, Publisher: s.rooms, MaxMessage: s.cfg.MaxMessage, Keys: &s.keys}).Register(named, mux)
	if s.channels != nil {
		s.channels.Register(named)
		channelsapi.New(channelsapi.Config{Apps: s.apps, Directory: s.channelDirectory, Publisher: s.channelHub, KeepFor: cacheAge}).Register(named, mux)
	}
	if s.cfg.DemoRoutes {
		s.routes.RegisterDemo(mux)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions && r.URL.Path == "*" { // ServeMux does not route this path
			wholeServer(w, r)
			return
		}
		named.ServeHTTP(w, r)
	})
}

// wholeServer answers OPTIONS requests for / and * (RFC 9110 section 9.3.7), with which some load balancers check
// that the server is available.
func wholeServer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD, OPTIONS")
	w.WriteHeader(http.StatusNoContent)
}
