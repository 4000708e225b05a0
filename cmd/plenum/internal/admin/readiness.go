package admin

import (
	"net/http"
	"strings"
)

// Response bodies of /readyz. Readiness has all of them.
const (
	Ready    = "ready"
	Draining = "draining"
	BusAway  = "the bus is away"
)

// Readiness is the table of all answers of /readyz: the status of each body.
var Readiness = map[string]int{
	Ready:    http.StatusOK,
	Draining: http.StatusServiceUnavailable,
	BusAway:  http.StatusServiceUnavailable,
}

// readiness returns the body of /readyz: Ready, or why no clients are to be sent to this node.
func (a *Admin) readiness() string {
	switch {
	case a.draining.Load() != nil:
		return Draining
	case a.cfg.Bus != nil && !a.cfg.Bus.Up():
		return BusAway
	}
	return Ready
}

// ready answers GET /readyz, with which a load balancer finds out whether to send clients to this node.
func (a *Admin) ready(w http.ResponseWriter, _ *http.Request) {
	body := a.readiness()
	writeLine(w, Readiness[body], body+a.streamsAway())
}

// streamsAway returns an addition to the body that names the streams that take no messages; empty if all take messages, or none
// does. The node stays ready, because the rooms of the other streams can be used, and all nodes miss the same streams.
func (a *Admin) streamsAway() string {
	if a.cfg.Bus == nil || !a.cfg.Bus.Up() {
		return ""
	}
	away := a.cfg.Bus.Away()
	if len(away) == 0 {
		return ""
	}
	return ", but these streams take no messages: " + strings.Join(away, ", ")
}
