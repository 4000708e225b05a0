package access

import (
	"net/http"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/boundedlog"
	"plenum/engine/origin"
)

// AllowOrigin reports whether a page of r's origin may use this server. It logs refused origins.
func (g *Guard) AllowOrigin(r *http.Request) bool {
	given := r.Header["Origin"]
	allowed := g.rules.Load().origins
	if len(given) == 1 && (allowed["*"] || origin.Same(r) || allowed[origin.Canonical(given[0])]) {
		return true
	}
	g.foreignOrigins.Add(r.Header.Get("Origin"), "host", boundedlog.Shown(r.Host))
	return false
}

// DenyOrigin answers and counts a request whose origin is refused. It is not for WebSocket handshakes,
// which the engine answers and counts.
func (g *Guard) DenyOrigin(w http.ResponseWriter) {
	g.refusedOrigins.Add(1)
	answer.Problem(w, http.StatusForbidden, "origin not allowed")
}
