package access

import (
	"net/http"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/boundedlog"
	"plenum/engine/origin"
)

// AllowOrigin reports whether a page of r's origin may use this server. A refused origin is
// written to the log.
func (g *Guard) AllowOrigin(r *http.Request) bool {
	given := r.Header["Origin"]
	allowed := g.rules.Load().origins
	if len(given) == 1 && (allowed["*"] || origin.Same(r) || allowed[origin.Canonical(given[0])]) {
		return true
	}
	g.foreignOrigins.Add(r.Header.Get("Origin"), "host", boundedlog.Shown(r.Host))
	return false
}

// DenyOrigin answers a request that is no WebSocket handshake. The engine answers and counts those.
func (g *Guard) DenyOrigin(w http.ResponseWriter) {
	g.refusedOrigins.Add(1)
	answer.Problem(w, http.StatusForbidden, "origin not allowed")
}
