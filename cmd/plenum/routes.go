package main

import (
	"net/http"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/page"
	"plenum/engine"
)

// routes is the public listener.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	page.Register(mux)
	mux.HandleFunc("/ws/chat/{room}", s.chat)
	mux.HandleFunc("/ws/chat/{$}", s.chat)
	mux.HandleFunc("/ws/chat", s.chat)
	mux.HandleFunc("/ws", s.many)
	mux.HandleFunc("/sse/rooms/{room}", s.forPages(s.roomEvents))
	s.routeAPI(mux)
	if s.cfg.DemoRoutes {
		mux.HandleFunc("/chat", s.lobbyChat)
		mux.HandleFunc("/echo", s.plain(&echo))
		mux.HandleFunc("/hello", s.plain(&hello))
		mux.HandleFunc("/sse/notifications", s.forPages(s.notifications))
		mux.HandleFunc("/echo/raw", s.plain(rawEcho{}))
	}
	return strict(mux)
}

// plain is a route whose handler keeps nothing of a connection.
func (s *server) plain(h engine.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.forSignedIn(w, r, func(auth.Identity) engine.Handler { return h })
	}
}
