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

// admit adds c to the tables, or refuses its handshake.
func (e *Engine) admit(c *Conn, w http.ResponseWriter, r *http.Request) error {
	if e.cfg.Busy != nil && e.cfg.Busy() {
		return e.denyForNow(w, r, RefusedBusy, errBusy)
	}
	if !e.clients.Enter(c.budget) {
		return e.denyForNow(w, r, RefusedClient, errClient)
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
	return e.denyForNow(w, r, why, err)
}

// denyForNow refuses a handshake that may succeed later.
func (e *Engine) denyForNow(w http.ResponseWriter, r *http.Request, why Refusal, problem error) error {
	w.Header().Set("Retry-After", "5")
	w.Header().Set("Connection", "close")
	return e.deny(w, r, why, problem)
}

// countRefused counts and logs why a client is not let in.
func (e *Engine) countRefused(why Refusal, from string, problem error) {
	e.refused[why].Add(1)
	e.cfg.Logger.Debug("not let in", "reason", why.String(), "from", from, "error", problem)
}
