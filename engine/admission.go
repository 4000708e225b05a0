package engine

import (
	"errors"
	"net/http"
)

var (
	// errBusy refuses a handshake because Config.Busy returned true.
	errBusy = errors.New("engine: overloaded, no new connections for now")
	// errClient refuses a connection beyond Config.MaxPerClient.
	errClient = errors.New("engine: too many connections from this address")
)

// admit adds c to the tables of clients and connections, or refuses its handshake and returns the reason. c.mu is held.
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

// denyForNow refuses a handshake that may succeed later: the answer has Retry-After, and the connection is closed.
func (e *Engine) denyForNow(w http.ResponseWriter, r *http.Request, why Refusal, problem error) error {
	w.Header().Set("Retry-After", "5")
	w.Header().Set("Connection", "close")
	return e.deny(w, r, why, problem)
}

// countRefused counts and logs a refused handshake.
func (e *Engine) countRefused(why Refusal, from string, problem error) {
	e.refused[why].Add(1)
	e.cfg.Logger.Debug("handshake refused", "reason", why.String(), "from", from, "error", problem)
}
