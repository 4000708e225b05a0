package main

import (
	"net/http"

	"plenum/cmd/plenum/internal/api"
	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/page"
	"plenum/cmd/plenum/internal/pathmux"
	"plenum/engine"
)

// routes is the public listener.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	named := &pathmux.Mux{Rest: mux}
	page.Register(mux)
	mux.HandleFunc("OPTIONS /{$}", wholeServer)
	named.Handle("/ws/chat/{room}", http.HandlerFunc(s.chat))
	mux.HandleFunc("/ws/chat/{$}", s.chat)
	mux.HandleFunc("/ws/chat", s.chat)
	mux.HandleFunc("/ws", s.many)
	named.Handle("/sse/rooms/{room}", s.guard.ForPages(s.roomEvents))
	api.New(api.Config{Guard: s.guard, Directory: s.all, Publisher: s.rooms, MaxMessage: s.cfg.MaxMessage}).Register(named, mux)
	if s.cfg.DemoRoutes {
		mux.HandleFunc("/chat", s.lobbyChat)
		mux.HandleFunc("/echo", s.plain(&echo))
		mux.HandleFunc("/hello", s.plain(&hello))
		mux.HandleFunc("/sse/notifications", s.guard.ForPages(s.notifications))
		mux.HandleFunc("/echo/raw", s.plain(rawEcho{}))
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

// plain is a route whose handler keeps nothing of a connection.
func (s *server) plain(h engine.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.forSignedIn(w, r, func(auth.Identity) engine.Handler { return h })
	}
}
