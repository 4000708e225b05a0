package page_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/page"
	"plenum/cmd/plenum/internal/page/pagetest"
)

// peer is the other end of plenum.js: the test says what it says.
type peer struct {
	t     *testing.T
	js    pagetest.Runtime
	conns chan *websocket.Conn
	conn  *websocket.Conn // the one there is now
}

const wait = 10 * time.Second

// stopped is a clock that the test moves: a long wait is over when it calls the last of
// timers, and waits says how long the short ones were to be, which are none.
const stopped = `
	window.now = 0;
	performance.now = () => now;
	Math.random = () => .99;
	window.timers = [];
	window.waits = [];
	const later = setTimeout;
	window.setTimeout = (act, time) => {
		if (!/plenum.m?js/.test(new Error().stack)) return later(act, time); // Until, or Node itself
		if (time === 10_000 || time === 30_000) return timers.push(act), 0;
		waits.push(time);
		return later(act, Math.min(time, 20));
	};
`

// meet opens a runtime with a Plenum p that is in the room a since the place e:5. before
// runs before there is one.
func meet(t *testing.T, open pagetest.Open, before string) *peer {
	t.Helper()
	p := &peer{t: t, conns: make(chan *websocket.Conn, 1)}
	mux := http.NewServeMux()
	page.Register(mux)
	mux.HandleFunc("/blank", pagetest.Module("/plenum.js", 1))
	over := make(chan struct{})
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow() //nolint:errcheck // it is closed
		p.conns <- conn
		<-over
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	p.js = open(t, server.URL+"/blank", server.URL+"/plenum.js", 1)
	p.does(before + `
		window.p = new Plenum(options);
		window.states = [];
		p.onstate = (state) => states.push(state);
		window.room = p.join("a", { since: "e:5" });
		window.told = [];
		room.onmessage = ({ seq, text }) => told.push(seq + " " + text);
		room.ongap = ({ from, to, anew }) => told.push("lost " + from + " to " + to + (anew ? " anew" : ""));
	`)
	p.isCalled()
	return p
}

// does runs JavaScript.
func (p *peer) does(script string) {
	p.t.Helper()
	pagetest.Evaluate[bool](p.js, `(() => {`+script+`; return true; })()`)
}

// isCalled waits for the next connection.
func (p *peer) isCalled() {
	p.t.Helper()
	select {
	case p.conn = <-p.conns:
	case <-time.After(wait):
		require.Fail(p.t, "no connection")
	}
}

func (p *peer) says(frames ...string) {
	p.t.Helper()
	for _, f := range frames {
		require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, []byte(f)))
	}
}

func (p *peer) hears(want string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	_, got, err := p.conn.Read(ctx)
	require.NoError(p.t, err)
	require.Equal(p.t, want, string(got))
}

// closes ends the connection; 1006: without a farewell.
func (p *peer) closes(code int, reason string) {
	p.t.Helper()
	if code == 1006 {
		require.NoError(p.t, p.conn.CloseNow())
		return
	}
	require.NoError(p.t, p.conn.Close(websocket.StatusCode(code), reason))
}
