package main

import (
	"net/http"

	"plenum/cmd/plenum/internal/api"
	"plenum/cmd/plenum/internal/page"
	"plenum/cmd/plenum/internal/pathmux"
)

// public returns what the public listener serves.
func (s *server) public() http.Handler {
	mux := http.NewServeMux()
	named := &pathmux.Mux{Rest: mux}
	page.Register(mux)
	mux.HandleFunc("OPTIONS /{$}", wholeServer)
	s.routes.Register(named, mux)
	api.New(api.Config{Guard: s.guard, Directory: s.directory, Publisher: s.rooms, MaxMessage: s.cfg.MaxMessage}).Register(named, mux)
	if s.cfg.DemoRoutes {
		s.routes.RegisterDemo(mux)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions && r.URL.Path == "*" { // ServeMux does not know it
			wholeServer(w, r)
			return
		}
		named.ServeHTTP(w, r)
	})
}

// wholeServer answers OPTIONS of / and of * (RFC 9110 section 9.3.7), by which load balancers see
// that the server is there.
func wholeServer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD, OPTIONS")
	w.WriteHeader(http.StatusNoContent)
}
