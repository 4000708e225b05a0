package engine_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

func TestHandshakeInPieces(t *testing.T) {
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

// A head may be longer than what is read before net/http is asked.
func TestHandshakeWithLongHeaders(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	for _, size := range []int{1 << 10, 3900, 4 << 10, 16 << 10, 60 << 10} {
		c := s.connect(t)
		c.write([]byte(strings.Replace(handshake, "\r\n\r\n", "\r\nCookie: "+strings.Repeat("x", size)+"\r\n\r\n", 1)))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode, "%d", size)
		c.wantEcho(fmt.Sprint(size))
	}
}

// Another library's upgrade, or a wrapped ResponseWriter, finds what net/http would give it.
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

func TestUpgradeThroughAWrappedResponseWriter(t *testing.T) {
	var s *server
	s = serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, r *http.Request) {
		_ = s.Upgrade(wrapped{w}, r, echo())
	})
	for name, request := range map[string]string{"plain": handshake, "by net/http": strings.Replace(handshake, "Host: ", "Host:\t", 1)} {
		c := s.connect(t)
		c.write(append([]byte(request), masked(text, "early")...))
		require.Equal(t, http.StatusSwitchingProtocols, c.response().StatusCode, name)
		c.want(frame.Text, "early")
		c.wantEcho(name)
	}
}

type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A head that net/http has to finish gets no more time than another.
func TestAHeadHandedOverLateHasNoMoreTime(t *testing.T) {
	const timeout = 400 * time.Millisecond
	s := serve(t, engine.Config{HandshakeTimeout: timeout}, echo)
	began := time.Now()
	c := s.connect(t)
	c.write([]byte("GET / HTTP/1.1\r\n"))
	drip := time.NewTicker(timeout / 16)
	defer drip.Stop()
	for range 12 {
		<-drip.C
		c.write([]byte("X"))
	}
	c.write([]byte(":\ty\r\n"))
	_, _ = io.ReadAll(c.in)
	assert.GreaterOrEqual(t, time.Since(began), timeout)
	assert.Less(t, time.Since(began), timeout*3/2)
	require.Eventually(t, func() bool { return s.refused(engine.RefusedTimeout) == 1 }, soon, poll)
}

// A plain request and a handshake on one connection, and a handshake that is not upgraded.
func TestRequestsThatAreNotUpgraded(t *testing.T) {
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Said", "yes")
			if status != 0 {
				w.WriteHeader(status)
			}
			_, _ = io.WriteString(w, body)
		}
	}
	var s *server
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", say(0, "<html>fine"))
	mux.HandleFunc("/gone", say(http.StatusGone, "gone"))
	mux.HandleFunc("/empty", say(http.StatusNoContent, ""))
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("fault") })
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) { _ = s.Upgrade(w, r, echo()) })
	s = serveRoutes(t, listen(t, 0), engine.Config{}, mux.ServeHTTP)

	at := func(path string) string { return strings.Replace(handshake, "GET /", "GET "+path, 1) }
	for _, tc := range []struct {
		path   string
		status int
		body   string
	}{{"/ok", 200, "<html>fine"}, {"/gone", 410, "gone"}, {"/empty", 204, ""}, {"/nowhere", 404, "404 page not found\n"}, {"/long", 500, ""}} {
		for name, request := range map[string]string{
			"by itself": at(tc.path), "by net/http": "GET " + tc.path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		} {
			if tc.path == "/long" && name == "by net/http" {
				continue // has no end there
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
				assert.Equal(t, "yes", resp.Header.Get("X-Said"))
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

func TestShutdownWaitsForTheRequestUnderWay(t *testing.T) {
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
	require.Eventually(t, func() bool { // it takes no more
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

func TestShutdownCutsOffWhatDoesNotEnd(t *testing.T) {
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
