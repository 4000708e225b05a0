package main

import (
	"log/slog"
	"net/http"

	"plenum/cmd/plenum/internal/boundedlog"
	"plenum/engine/origin"
)

// newOriginLog returns the log of origins whose pages are refused.
func newOriginLog(log *slog.Logger) *boundedlog.Log {
	return boundedlog.New(log, "origin refused: name it in --origins if its pages may connect", "origin",
		"pages of more than 10 origins were refused within a minute: these are the others")
}

// allowOrigin reports whether a page of r's origin may use this server. A refused origin is
// written to the log.
func (s *server) allowOrigin(r *http.Request) bool {
	given := r.Header["Origin"]
	allowed := s.live.Load().origin
	if len(given) == 1 && (allowed["*"] || origin.Same(r) || allowed[origin.Canonical(given[0])]) {
		return true
	}
	s.foreign.Add(r.Header.Get("Origin"), "host", boundedlog.Shown(r.Host))
	return false
}

// denyOrigin answers a request that is no WebSocket handshake. The engine answers and counts those.
func (s *server) denyOrigin(w http.ResponseWriter) {
	s.refusedOrigins.Add(1)
	problem(w, http.StatusForbidden, "origin not allowed")
}
