package engine

import (
	"errors"
	"net/http"
)

var (
	// errBusy refuses a handshake while Config.Busy says so.
	errBusy = errors.New("engine: no more connections for now")
	// errClient refuses one more connection of an address.
	errClient = errors.New("engine: too many connections from this address")
)

// takeIn adds c to the tables, or answers the handshake and says why not.
func (e *Engine) takeIn(c *Conn, w http.ResponseWriter, r *http.Request) error {
	if e.cfg.Busy != nil && e.cfg.Busy() {
		return e.denyFull(w, r, RefusedBusy, errBusy)
	}
	if !e.clients.Enter(c.budget) {
		return e.denyFull(w, r, RefusedClient, errClient)
	}
	err := e.conns.add(c)
	if err == nil {
		return nil
	}
	e.clients.Leave(c.budget)
	why := RefusedFull
	if errors.Is(err, errStopping) {
		why = RefusedStopping
	}
	return e.denyFull(w, r, why, err)
}

// denyFull denies what may be had later.
func (e *Engine) denyFull(w http.ResponseWriter, r *http.Request, why Refusal, problem error) error {
	w.Header().Set("Retry-After", "5")
	w.Header().Set("Connection", "close")
	return e.deny(w, r, why, problem)
}

// turnAway counts and tells why a client is not let in.
func (e *Engine) turnAway(why Refusal, from string, problem error) {
	e.refused[why].Add(1)
	e.cfg.Logger.Debug("not let in", "reason", why.String(), "from", from, "error", problem)
}
