package engine_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// handshakes returns a handshake that the engine parses itself, and one that it passes to net/http.
func handshakes() map[string]string {
	return map[string]string{"plain": handshake, "by net/http": strings.Replace(handshake, "Host: ", "Host:\t", 1)}
}

func TestAHandshakeMayArriveInPieces(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	for cut := 1; cut < len(handshake); cut += 7 {
		c := s.connect(t)
		_ = c.conn.SetNoDelay(true)
		c.write([]byte(handshake[:cut]))
		c.write([]byte(handshake[cut:]))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode)
		c.wantEcho(fmt.Sprint("cut at ", cut))
	}
	c := s.connect(t)
	_, err := io.Copy(c.conn, iotest.OneByteReader(strings.NewReader(handshake)))
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode)
	c.wantEcho("byte by byte")
}

// A head may be longer than the engine reads itself. It then goes to net/http.
func TestAHandshakeWithLongHeadersIsAccepted(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	for _, size := range []int{1 << 10, 3900, 4 << 10, 16 << 10, 60 << 10} {
		c := s.connect(t)
		c.write([]byte(strings.Replace(handshake, "\r\n\r\n", "\r\nCookie: "+strings.Repeat("x", size)+"\r\n\r\n", 1)))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode, "%d", size)
		c.wantEcho(fmt.Sprint(size))
	}
}

// Another library can hijack the connection, as with net/http.
func TestAHandshakeCanBeHijacked(t *testing.T) {
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		socket, buffered, err := w.(http.Hijacker).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		_, _, err = w.(http.Hijacker).Hijack()
		assert.ErrorIs(t, err, http.ErrHijacked)
		_, err = w.Write([]byte("x"))
		assert.ErrorIs(t, err, http.ErrHijacked)
		line, err := buffered.ReadString('\n')
		assert.NoError(t, err)
		_, _ = io.WriteString(socket, "heard "+line)
		line, err = buffered.ReadString('\n')
		assert.NoError(t, err)
		assert.NoError(t, socket.SetReadDeadline(time.Unix(1, 0)))
		_, err = buffered.ReadByte()
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded, "the client gets no 408 after a hijack")
		_, _ = buffered.WriteString("and " + line)
		_ = buffered.Flush()
		_ = socket.Close()
	})
	c := s.connect(t)
	c.write([]byte(handshake + "early\n"))
	line, err := c.in.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "heard early\n", line)
	c.write([]byte("late\n"))
	line, err = c.in.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "and late\n", line)
	c.wantEOF()
}

func TestAHijackedHandshakeKeepsAllBytesThatCameWithIt(t *testing.T) {
	const size = 20_000 // more than the buffer of a reader
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		socket, buffered, err := w.(http.Hijacker).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		line, err := buffered.ReadString('\n')
		assert.NoError(t, err)
		_, _ = fmt.Fprintf(socket, "heard %d bytes\n", len(line))
		_ = socket.Close()
	})
	c := s.connect(t)
	c.write([]byte(handshake + strings.Repeat("x", size-1) + "\n"))
	line, err := c.in.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("heard %d bytes\n", size), line)
}

func TestUpgradeUnwrapsTheResponseWriter(t *testing.T) {
	var s *server
	s = serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, r *http.Request) {
		_ = s.Upgrade(wrapped{w}, r, nil, echo())
	})
	for name, request := range handshakes() {
		c := s.connect(t)
		c.write(append([]byte(request), masked(text, "early")...))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode, name)
		c.want(frame.Text, "early")
		c.wantEcho(name)
	}
}

type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// coder/websocket calls WriteHeader with 101 and then hijacks the connection.
func TestAnotherLibraryCanAcceptAHandshake(t *testing.T) {
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if !assert.NoError(t, err) {
			return
		}
		op, message, err := c.Read(r.Context())
		assert.NoError(t, err)
		assert.NoError(t, c.Write(r.Context(), op, message))
		_, _, err = c.Read(r.Context())
		assert.Equal(t, websocket.StatusNormalClosure, websocket.CloseStatus(err))
	})
	for name, request := range handshakes() {
		c := s.connect(t)
		c.write(append([]byte(request), masked(text, "early")...))
		resp := c.response()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode, name)
		require.Equal(t, sampleAccept, resp.Header.Get("Sec-WebSocket-Accept"), name)
		require.Equal(t, []string{"Upgrade"}, resp.Header["Connection"], name)
		c.want(frame.Text, "early")
		c.send(closing, closePayload(1000, ""))
		c.wantClose(1000)
	}
}

func TestAResponse101HasNoBody(t *testing.T) {
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusSwitchingProtocols)
		_, err := io.WriteString(w, "body")
		assert.ErrorIs(t, err, http.ErrBodyNotAllowed)
		socket, _, err := w.(http.Hijacker).Hijack()
		assert.NoError(t, err)
		_ = socket.Close()
	})
	for name, request := range handshakes() {
		c := s.connect(t)
		c.write([]byte(request))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode, name)
		c.wantEOF()
	}
}

func TestAConnectionIsUpgradedOrHijackedOnce(t *testing.T) {
	var s *server
	mux, second := http.NewServeMux(), make(chan error, 1)
	mux.HandleFunc("/upgraded", func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, s.Upgrade(w, r, nil, echo()))
		second <- s.Upgrade(w, r, nil, echo())
	})
	mux.HandleFunc("/hijacked", func(w http.ResponseWriter, r *http.Request) {
		socket, _, err := w.(http.Hijacker).Hijack()
		assert.NoError(t, err)
		second <- s.Upgrade(w, r, nil, echo())
		_, _ = io.WriteString(socket, "by hand")
		_ = socket.Close()
	})
	s = serveRoutes(t, listen(t, 0), engine.Config{}, mux.ServeHTTP)
	for name, request := range handshakes() {
		c := s.connect(t)
		c.write([]byte(strings.Replace(request, "GET /", "GET /upgraded", 1)))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode, name)
		require.ErrorIs(t, <-second, http.ErrHijacked, name)
		c.wantEcho("the first goes on")
		require.EqualValues(t, 1, s.Stats().Counts[engine.Connections], name)
		c.send(closing, "")
		c.wantClose(frame.CloseNoStatus)
		require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 0 }, soon, poll)

		c = s.connect(t)
		c.write([]byte(strings.Replace(request, "GET /", "GET /hijacked", 1)))
		require.ErrorIs(t, <-second, http.ErrHijacked, name)
		sent, err := io.ReadAll(c.in)
		require.NoError(t, err)
		require.Equal(t, "by hand", string(sent), name)
	}
	assert.Equal(t, map[engine.Refusal]uint64{engine.RefusedHijack: 4}, s.Stats().Refused)
}

// The context ends with the handler, whether it upgrades or not, even if the client does not read the response.
func TestTheContextOfARequestEndsWithItsHandler(t *testing.T) {
	plainOnly(t, "it tests plain handshakes")
	var s *server
	mux, contexts := http.NewServeMux(), make(chan context.Context, 1)
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, s.Upgrade(w, r, nil, echo()))
		assert.NoError(t, r.Context().Err())
		contexts <- r.Context()
	})
	mux.HandleFunc("/answer", func(w http.ResponseWriter, r *http.Request) {
		_, err := w.Write(make([]byte, 1<<20))
		assert.NoError(t, err)
		assert.NoError(t, r.Context().Err())
		contexts <- r.Context()
	})
	s = serveRoutes(t, listen(t, 4<<10), engine.Config{}, mux.ServeHTTP)
	for _, path := range []string{"/ws", "/answer"} {
		c := s.connectBuffered(t, 4<<10)
		c.write([]byte(strings.Replace(handshake, "GET /", "GET "+path, 1)))
		ctx := <-contexts
		require.Eventually(t, func() bool { return ctx.Err() != nil }, soon, poll, path)
		require.ErrorIs(t, ctx.Err(), context.Canceled, path)
	}
}

func TestConnectionCloseIsSentOnce(t *testing.T) {
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusGone)
	})
	for name, request := range handshakes() {
		c := s.connect(t)
		c.write([]byte(request))
		answer, err := io.ReadAll(c.in)
		require.NoError(t, err)
		assert.Equal(t, 1, strings.Count(strings.ToLower(string(answer)), "connection:"), "%s: %q", name, answer)
		assert.Contains(t, string(answer), "\r\nConnection: close\r\n", name)
	}
}

// By default, net/http answers OPTIONS * itself. The Server would then not know that the head was complete.
func TestOptionsOfTheWholeServerReachTheHandler(t *testing.T) {
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Asked", r.RequestURI)
		w.WriteHeader(http.StatusNoContent)
	})
	c := s.connect(t)
	for range 2 {
		c.write([]byte("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"))
		resp := c.response()
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
		require.Equal(t, "*", resp.Header.Get("X-Asked"))
	}
}

func TestAnIncompleteBodyKeepsItsConnectionOpenForAtMostASecond(t *testing.T) {
	s := serve(t, engine.Config{HandshakeTimeout: time.Hour}, echo)
	for name, head := range map[string]string{
		"a length":  "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nx",
		"chunks":    "POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
		"on demand": "POST /nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n",
		"upgrade":   strings.Replace(handshake, "\r\n\r\n", "\r\nContent-Length: 9\r\n\r\n", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.connect(t)
			c.write([]byte(head))
			assert.GreaterOrEqual(t, c.response().StatusCode, 400)
			c.wantEOF()
		})
	}
}

func TestAHandshakeThatIsNotUpgradedGetsTheResponseThatNetHTTPWouldSend(t *testing.T) {
	plainOnly(t, "it tests plain handshakes")
	respond := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Answered", "yes")
			if status != 0 {
				w.WriteHeader(status)
			}
			_, _ = io.WriteString(w, body)
		}
	}
	var s *server
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", respond(0, "<html>fine"))
	mux.HandleFunc("/gone", respond(http.StatusGone, "gone"))
	mux.HandleFunc("/empty", respond(http.StatusNoContent, ""))
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) { _ = s.Upgrade(w, r, nil, echo()) })
	s = serveRoutes(t, listen(t, 0), engine.Config{}, mux.ServeHTTP)

	at := func(path string) string { return strings.Replace(handshake, "GET /", "GET "+path, 1) }
	for _, tc := range []struct {
		path   string
		status int
		body   string
	}{{"/ok", 200, "<html>fine"}, {"/gone", 410, "gone"}, {"/empty", 204, ""}, {"/nowhere", 404, "404 page not found\n"}, {"/long", 500, ""}} {
		for name, request := range map[string]string{
			"by the engine": at(tc.path), "by net/http": "GET " + tc.path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		} {
			if tc.path == "/long" && name == "by net/http" {
				continue // net/http streams the response, which has no end
			}
			c := s.connect(t)
			c.write([]byte(request))
			resp := c.response()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, tc.status, resp.StatusCode, "%s %s", tc.path, name)
			assert.Equal(t, tc.body, string(body), "%s %s", tc.path, name)
			assert.NotEmpty(t, resp.Header.Get("Date"))
			if tc.path == "/ok" {
				assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"), name)
				assert.Equal(t, "yes", resp.Header.Get("X-Answered"))
			}
			c.wantEOF()
		}
	}

	c := s.connect(t)
	c.write([]byte(at("/panic")))
	c.wantEOF()
	c = s.connect(t)
	c.write([]byte("GET /gone HTTP/1.1\r\nHost: x\r\n\r\n" + at("/ws") + string(masked(text, "early"))))
	require.Equal(t, http.StatusGone, c.response().StatusCode)
	require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode)
	c.want(frame.Text, "early")
}

func TestShutdownWaitsForTheRequestInProgress(t *testing.T) {
	begun, free := make(chan struct{}), make(chan struct{})
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-free
		_, _ = io.WriteString(w, "whole")
	})
	c := s.connect(t)
	c.write([]byte(handshake))
	<-begun
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	go func() { ended <- s.Shutdown(ctx) }()
	require.Eventually(t, func() bool { // it accepts no more connections
		nc, err := net.Dial("tcp", s.addr)
		if err == nil {
			_ = nc.Close()
		}
		return err != nil
	}, soon, poll)
	assert.Empty(t, ended, "it waits")
	close(free)
	body, err := io.ReadAll(c.response().Body)
	require.NoError(t, err)
	assert.Equal(t, "whole", string(body))
	assert.NoError(t, <-ended)
}

func TestShutdownCancelsRequestsWhenCtxEnds(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error, 1)
	s := serveRoutes(t, listen(t, 0), engine.Config{}, func(_ http.ResponseWriter, r *http.Request) {
		assert.NotNil(t, r.Context().Value(http.ServerContextKey))
		assert.NotNil(t, r.Context().Value(http.LocalAddrContextKey))
		close(begun)
		<-r.Context().Done()
		ended <- r.Context().Err()
	})
	c := s.connect(t)
	c.write([]byte(handshake))
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = s.Shutdown(ctx)
	_, _ = io.ReadAll(c.in)
	assert.ErrorIs(t, <-ended, context.Canceled)
}
