package engine

import (
	"errors"
	"net/http"
	"time"
)

// patience is how long a handshake is left alone, however many others wait: some
// round trips, and one lost packet.
const patience = 2 * time.Second

// admit waits until another connection may be accepted: until fewer than
// MaxHandshakes have yet to send their first request, or one of them has had its time.
// It is the accepting goroutine's.
func (l *frontListener) admit() {
	for wait := l.front.crowdedFor(); wait > 0; wait = l.front.crowdedFor() {
		if !l.pause(wait, l.front.freed) {
			return
		}
	}
}

// slowDown has a connection that was accepted, and those after it, wait for what the
// accept rate allows. It is the accepting goroutine's.
func (l *frontListener) slowDown() {
	e := l.front.engine
	if wait := e.accepts.Load().Reserve().Delay(); wait > 0 {
		e.stats.acceptsDelayed.Add(1)
		l.pause(wait, nil)
	}
}

// pause waits so long, or until earlier says something; false where the listener is
// closed.
func (l *frontListener) pause(d time.Duration, earlier <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-earlier:
	case <-l.closed:
		return false
	}
	return true
}

// crowdedFor is how long to wait until the oldest of too many half-open handshakes has
// had its time.
func (f *front) crowdedFor() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fresh.Len() < f.engine.cfg.MaxHandshakes {
		return 0
	}
	return max(patience-time.Since(f.fresh.Front().Value.(*frontConn).accepted), 0)
}

// dismissOldest closes the oldest half-open handshake, and returns it. mu is held.
func (f *front) dismissOldest() *frontConn {
	c := f.fresh.Front().Value.(*frontConn)
	f.forget(c)
	c.dismissed.Store(true)
	_ = c.Close()
	return c
}

// errBusy refuses a handshake while Config.Busy says so.
var errBusy = errors.New("engine: no more connections for now")

// takeIn adds c to the tables, or answers the handshake and says why not.
func (e *Engine) takeIn(c *Conn, w http.ResponseWriter, r *http.Request) error {
	if e.cfg.Busy != nil && e.cfg.Busy() {
		return e.denyFull(w, r, RefusedBusy, http.StatusServiceUnavailable, errBusy)
	}
	if !e.clients.enter(c.budget) {
		return e.denyFull(w, r, RefusedClient, http.StatusTooManyRequests, errClient)
	}
	err := e.conns.add(c)
	if err == nil {
		return nil
	}
	e.clients.leave(c.budget)
	why := RefusedFull
	if errors.Is(err, errStopping) {
		why = RefusedStopping
	}
	return e.denyFull(w, r, why, http.StatusServiceUnavailable, err)
}

// denyFull denies what may be had later.
func (e *Engine) denyFull(w http.ResponseWriter, r *http.Request, why Refusal, status int, problem error) error {
	w.Header().Set("Retry-After", "5")
	w.Header().Set("Connection", "close")
	return e.deny(w, r, why, status, problem)
}

// turnAway counts and tells why a client is not let in.
func (e *Engine) turnAway(why Refusal, from string, problem error) {
	e.stats.refused[why].Add(1)
	e.cfg.Logger.Debug("not let in", "reason", why.String(), "from", from, "error", problem)
}
