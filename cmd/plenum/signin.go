package main

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/names"
	"plenum/engine"
	"plenum/rooms"
)

// asking is who a client is, what it may do, and where it wants to be.
type asking struct {
	auth.Identity
	query url.Values
	room  string
	since *rooms.Since
}

// anyone is who comes without a token where none is needed.
var anyone = auth.Identity{Publish: true}

// asked reads a client's token or name, its query and its room; else it returns what is
// wrong with them. It runs before the upgrade, on a goroutine that may take its time.
func (s *server) asked(w http.ResponseWriter, r *http.Request, room string) (a asking, why fault) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if a.Identity, why = s.signIn(w, r, query.Get("username")); why != "" {
		return a, why
	}
	if err != nil {
		return a, badName
	}
	if a.room, why = checkRoom(room); why != "" {
		return a, why
	}
	a.query = query
	a.since, why = checkSince(query.Get("since"))
	return a, why
}

// signIn tells who has sent the request: whom its token names, or where none is needed,
// who it says it is.
func (s *server) signIn(w http.ResponseWriter, r *http.Request, username string) (id auth.Identity, why fault) {
	verifier := s.live.Load().verifier
	if id = anyone; verifier == nil && r.Header["Sec-Websocket-Protocol"] == nil {
		id.Name, why = checkName(username, names.MaxGiven)
		return id, why
	}
	token, found, subprotocol := auth.FromRequest(r)
	if subprotocol {
		w.Header().Set("Sec-WebSocket-Protocol", "bearer") // else a browser drops the connection
	}
	if verifier == nil {
		id.Name, why = checkName(username, names.MaxGiven)
		return id, why
	}
	if !found {
		return id, missingToken
	}
	var err error
	if id, err = verifier.Verify(token, time.Now()); err != nil {
		s.log.Debug("not signed in", "from", r.RemoteAddr, "error", err)
		return id, invalidToken
	}
	id.Name, why = checkName(id.Name, names.MaxSigned)
	return id, why
}

// codeExpired is the close code for a token that has ended.
const codeExpired = 4001

// expiries closes connections when their tokens end.
type expiries struct {
	mu    sync.Mutex
	due   map[int64]map[*engine.Conn]struct{} // by Unix second
	conns map[*engine.Conn]int64              // the second of each
}

func newExpiries() *expiries {
	return &expiries{due: map[int64]map[*engine.Conn]struct{}{}, conns: map[*engine.Conn]int64{}}
}

// add has c closed at the given time.
func (e *expiries) add(c *engine.Conn, at time.Time) {
	second := at.Unix()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.due[second] == nil {
		e.due[second] = map[*engine.Conn]struct{}{}
	}
	e.due[second][c] = struct{}{}
	e.conns[c] = second
}

// remove forgets c, which is closed.
func (e *expiries) remove(c *engine.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	second, known := e.conns[c]
	if !known {
		return
	}
	delete(e.conns, c)
	delete(e.due[second], c)
	if len(e.due[second]) == 0 {
		delete(e.due, second)
	}
}

// watch closes what is due, until ctx ends.
func (e *expiries) watch(ctx context.Context) {
	ticker := time.NewTicker(time.Second / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for _, c := range e.over(now.Unix()) {
				_ = c.Close(codeExpired, "Token expired") // or it is closing for another reason
			}
		}
	}
}

// over takes the connections out that are due at a second, or were.
func (e *expiries) over(now int64) (all []*engine.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for second, conns := range e.due {
		if second > now {
			continue
		}
		for c := range conns {
			all = append(all, c)
			delete(e.conns, c)
		}
		delete(e.due, second)
	}
	return all
}

// expiring is a Handler whose connection is closed when its token ends.
type expiring struct {
	engine.Handler
	server *server
	at     time.Time
}

// until is h, for as long as the token allows.
func (s *server) until(id auth.Identity, h engine.Handler) engine.Handler {
	if id.Expires.IsZero() {
		return h
	}
	return &expiring{Handler: h, server: s, at: id.Expires}
}

// OnOpen watches the token's end.
func (h *expiring) OnOpen(c *engine.Conn) {
	h.server.expiries.add(c, h.at)
	h.Handler.OnOpen(c)
}

// OnDrain is for engine.Drainer.
func (h *expiring) OnDrain() {
	if d, ok := h.Handler.(engine.Drainer); ok {
		d.OnDrain()
	}
}

// OnClose forgets it.
func (h *expiring) OnClose(c *engine.Conn, code int) {
	h.server.expiries.remove(c)
	h.Handler.OnClose(c, code)
}
