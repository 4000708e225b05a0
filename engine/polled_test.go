package engine_test

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// inPoller reports whether the caller runs on a poller.
func inPoller() bool {
	stack := make([]byte, 64<<10)
	return strings.Contains(string(stack[:runtime.Stack(stack, false)]), "nbio.(*poller).readWriteLoop")
}

func TestAConnectionIsOpenedAndClosedOnItsPollerIfItsHandlerDoesNotBlock(t *testing.T) {
	plainOnly(t, "net/http serves TLS")
	for name, end := range map[string]func(c *client){
		"by a close frame": func(c *client) { c.send(closing, ""); c.wantClose(1005) },
		"by FIN":           func(c *client) { _ = c.conn.CloseWrite() },
		"by RST":           func(c *client) { _, _ = c.conn.SetLinger(0), c.conn.Close() },
	} {
		opened, closed := make(chan bool, 1), make(chan bool, 1)
		s := serve(t, engine.Config{}, func() engine.Handler {
			return hooks{open: func(*engine.Conn) { opened <- inPoller() }, closed: func(*engine.Conn, int) { closed <- inPoller() }}
		})
		c := s.dial(t)
		assert.True(t, <-opened, name)
		end(c)
		assert.True(t, <-closed, name)
	}
}

func TestAHandlerThatMayBlockRunsOnAGoroutine(t *testing.T) {
	var s *server
	polled := make(chan bool, 1)
	s = serveRoutes(t, listen(t, 0), engine.Config{NonBlocking: func(r *http.Request) bool { return r.URL.Path == "/fast" }},
		func(w http.ResponseWriter, r *http.Request) {
			polled <- inPoller()
			_ = s.Upgrade(w, r, nil, echo())
		})
	for path, want := range map[string]bool{"/fast": !overTLS, "/slow": false} {
		c := s.connect(t)
		c.write([]byte(strings.Replace(handshake, "GET /", "GET "+path, 1)))
		assert.Equal(t, want, <-polled, path)
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode)
		c.wantEcho(path)
	}
}

func TestAHalfOpenConnectionHasNoGoroutine(t *testing.T) {
	plainOnly(t, "net/http reads the handshakes of TLS")
	s := serve(t, engine.Config{}, echo)
	s.dial(t).wantEcho("warm")
	before := runtime.NumGoroutine()
	for i := range 300 {
		s.connect(t).write([]byte(handshake[:i%100]))
	}
	s.dial(t).wantEcho("accepted after them")
	assert.LessOrEqual(t, runtime.NumGoroutine(), before)
}

func TestTheStringsOfARequestRemainValidAfterItsHandler(t *testing.T) {
	var s *server
	var mu sync.Mutex
	kept := map[string][]string{}
	s = serveRoutes(t, listen(t, 0), engine.Config{NonBlocking: func(*http.Request) bool { return true }},
		func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			kept[r.URL.Path] = []string{r.URL.RawQuery, r.URL.Query().Get("name"), r.Header.Get("Cookie"), r.Host, r.RemoteAddr}
			_ = s.Upgrade(w, r, nil, echo())
		})
	want := map[string][]string{}
	for _, name := range []string{"first", "second", "third"} {
		c := s.connect(t)
		c.write([]byte(strings.Replace(handshake, "GET / HTTP/1.1\r\n", "GET /"+name+"?name="+name+" HTTP/1.1\r\nCookie: a="+name+"\r\n", 1)))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode)
		want["/"+name] = []string{"name=" + name, name, "a=" + name, "plenum.test", c.conn.LocalAddr().String()}
	}
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, want, kept)
}

// A response that the socket does not accept at once is sent by a goroutine.
func TestALongResponseOfAHandlerOnAPollerIsSentCompletely(t *testing.T) {
	plainOnly(t, "net/http serves TLS")
	s := serveRoutes(t, listen(t, 4<<10), engine.Config{Pollers: 1, NonBlocking: func(*http.Request) bool { return true }},
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panic" {
				panic("a bug")
			}
			_, _ = w.Write(make([]byte, 1<<20))
		})
	slow := s.connectBuffered(t, 4<<10)
	slow.write([]byte(handshake))
	panicking := s.connect(t)
	panicking.write([]byte(strings.Replace(handshake, "GET /", "GET /panic", 1)))
	panicking.wantEOF()
	body, err := io.ReadAll(slow.response().Body)
	require.NoError(t, err)
	assert.Len(t, body, 1<<20)
	slow.wantEOF()
}

func TestTheContextOfARequestOnAPollerKnowsTheServerAndTheLocalAddress(t *testing.T) {
	var s *server
	local := make(chan any, 2)
	s = serveRoutes(t, listen(t, 0), engine.Config{NonBlocking: func(*http.Request) bool { return true }},
		func(w http.ResponseWriter, r *http.Request) {
			assert.NotNil(t, r.Context().Value(http.ServerContextKey))
			assert.NoError(t, r.Context().Err())
			local <- r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()
			_ = s.Upgrade(w, r, nil, hooks{open: func(c *engine.Conn) { local <- c.RemoteAddr().String() }})
		})
	c := s.dial(t)
	assert.Equal(t, s.addr, <-local)
	assert.Equal(t, c.conn.LocalAddr().String(), <-local)
}

func TestRemoteAddrIsTheAddressOfThePeerUntilTheConnectionIsClosed(t *testing.T) {
	for _, onPoller := range []bool{true, false} {
		remote, afterwards := make(chan string, 1), make(chan string, 1)
		h := hooks{
			open:   func(c *engine.Conn) { remote <- c.RemoteAddr().String() },
			closed: func(c *engine.Conn, _ int) { afterwards <- c.RemoteAddr().String() },
		}
		var s *server
		s = serveRoutes(t, listen(t, 0), engine.Config{NonBlocking: func(*http.Request) bool { return onPoller }},
			func(w http.ResponseWriter, r *http.Request) { _ = s.Upgrade(w, r, nil, h) })
		c := s.dial(t)
		assert.Equal(t, c.conn.LocalAddr().String(), <-remote)
		require.NoError(t, c.conn.Close())
		assert.Equal(t, ":0", <-afterwards, "it is empty")
	}
}

// The pollers accept only from a *net.TCPListener, because another listener may do more than accept.
func TestConnectionsOfAnotherListenerAreServedByNetHTTP(t *testing.T) {
	s := serveOn(t, struct{ net.Listener }{listen(t, 0)}, engine.Config{}, echo)
	for range 3 {
		c := s.dial(t)
		c.wantEcho("hello")
		c.send(closing, closePayload(4000, ""))
		c.wantClose(4000)
	}
}

func TestAnotherListenerGivesAnIncompleteHandshakeOne408(t *testing.T) {
	plainOnly(t, "net/http sends no answer over TLS")
	s := serveOn(t, struct{ net.Listener }{listen(t, 0)}, engine.Config{HandshakeTimeout: 100 * time.Millisecond}, echo)
	for _, part := range []string{"G", handshake[:len(handshake)-2]} {
		c := s.connect(t)
		c.write([]byte(part))
		answer, err := io.ReadAll(c.in)
		require.NoError(t, err)
		assert.Equal(t, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", string(answer), "%q", part)
	}
}

func TestASecondServerOnThePortFails(t *testing.T) {
	s := serve(t, engine.Config{Pollers: 4}, echo)
	s.dial(t).wantEcho("hello")
	_, err := net.Listen("tcp", s.addr)
	require.ErrorContains(t, err, "address already in use")
}

func TestFourPollersServeAStorm(t *testing.T) {
	s := serve(t, engine.Config{Pollers: 4}, echo)
	var storm sync.WaitGroup
	for range 8 {
		storm.Go(func() {
			for i := range 100 {
				c := s.dial(t)
				c.wantEcho("hello")
				if i%2 == 0 {
					c.send(closing, "")
					c.wantClose(frame.CloseNoStatus)
				}
				_ = c.conn.Close()
			}
		})
	}
	storm.Wait()
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 0 }, soon, poll)
	assert.EqualValues(t, 800, s.Stats().Counts[engine.Upgrades])
	assert.Empty(t, s.Stats().Refused)
}

// The request comes with FIN, so nbio closes the connection right after its event.
func TestAHandshakeWithFINIsAnsweredAndClosed(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.connect(t)
	c.write([]byte(handshake))
	_ = c.conn.CloseWrite()
	require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode)
	c.wantEOF()
	j.wantClosed(t, frame.CloseAbnormal)
}
