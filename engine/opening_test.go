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
	}{{"/ok", 200, "<html>fine"}, {"/gone", 410, "gone"}, {"/empty", 204, ""}, {"/nowhere", 404, "404 page not found\n"}, {"/long", 200, strings.Repeat("\x00", 1<<20)}} {
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
	select {
	case <-ended:
		t.Fatal("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	close(free)
	body, err := io.ReadAll(c.response().Body)
	require.NoError(t, err)
	assert.Equal(t, "whole", string(body))
	assert.NoError(t, <-ended)
}
