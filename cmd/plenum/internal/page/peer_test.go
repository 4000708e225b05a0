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

// peer is a scripted server for plenum.js.
type peer struct {
	t     *testing.T
	js    pagetest.Runtime
	conns chan *websocket.Conn
	conn  *websocket.Conn // the current connection
}

const wait = 30 * time.Second

// stopped replaces the clock of plenum.js. Its timeouts of 10 and 30 s never fire by themselves: they are appended to
// timers, and the test calls them. All other timeouts fire after 20 ms, and waits has their requested durations.
const stopped = `
	window.now = 0;
	performance.now = () => now;
	Math.random = () => .99;
	window.timers = [];
	window.waits = [];
	const later = setTimeout;
	window.setTimeout = (act, time) => {
		if (!/plenum.m?js/.test(new Error().stack)) return later(act, time); // called by Until or by Node itself
		if (time === 10_000 || time === 30_000) return timers.push(act), 0;
		waits.push(time);
		return later(act, Math.min(time, 20));
	};
`

// connect opens a runtime with a Plenum p that joins the room a with the position e:5, and waits for its connection.
// The script before runs first.
func connect(t *testing.T, open pagetest.Open, before string) *peer {
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
		defer conn.CloseNow() //nolint:errcheck // closed already
		p.conns <- conn
		<-over
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	p.js = open(t, server.URL+"/blank", server.URL+"/plenum.js", 1)
	p.run(before + `
		window.p = new Plenum(options);
		window.states = [];
		p.onstate = (state) => states.push(state);
		window.room = p.join("a", { since: "e:5" });
		window.events = [];
		room.onmessage = ({ seq, text }) => events.push(seq + " " + text);
		room.ongap = ({ from, to, newEpoch }) => events.push("lost " + from + " to " + to + (newEpoch ? " in a new epoch" : ""));
	`)
	p.accept()
	return p
}

// run runs JavaScript.
func (p *peer) run(script string) {
	p.t.Helper()
	pagetest.Evaluate[bool](p.js, `(() => {`+script+`; return true; })()`)
}

// accept waits for the next connection.
func (p *peer) accept() {
	p.t.Helper()
	select {
	case p.conn = <-p.conns:
	case <-time.After(wait):
		require.Fail(p.t, "no connection")
	}
}

func (p *peer) send(frames ...string) {
	p.t.Helper()
	for _, f := range frames {
		require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, []byte(f)))
	}
}

// expect requires that the next frame from plenum.js is want.
func (p *peer) expect(want string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	_, got, err := p.conn.Read(ctx)
	require.NoError(p.t, err)
	require.Equal(p.t, want, string(got))
}

// close closes the connection. The code 1006 means without a close frame.
func (p *peer) close(code int, reason string) {
	p.t.Helper()
	if code == 1006 {
		require.NoError(p.t, p.conn.CloseNow())
		return
	}
	require.NoError(p.t, p.conn.Close(websocket.StatusCode(code), reason))
}
