package main

import (
	"net/http"

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
	mux.HandleFunc("GET /sse/rooms/{room}", s.roomEvents)
	s.apiRoutes(mux)
	if s.cfg.DemoRoutes {
		mux.HandleFunc("/chat", s.lobbyChat)
		mux.HandleFunc("/echo", s.upgrade(&echo))
		mux.HandleFunc("/hello", s.upgrade(&hello))
		mux.HandleFunc("GET /sse/notifications", s.notifications)
		mux.HandleFunc("/echo/raw", s.upgrade(rawEcho{}))
	}
	return strict(mux)
}

// upgrade is a route whose handler keeps nothing of a connection.
func (s *server) upgrade(h engine.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { _ = s.engine.Upgrade(w, r, h) }
}
