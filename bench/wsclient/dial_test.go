package wsclient

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"plenum/bench/internal/fakeserver"
	"plenum/codec/frame"
)

func TestDialSaysWhyItFailed(t *testing.T) {
	notFound := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(notFound.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	r := newRecorder(t, Config{Loops: 1})
	for url, want := range map[string]string{
		"http://127.0.0.1:1/":                          `the scheme must be ws or wss, got "http"`,
		"ws://localhost:1/":                            "the host name is not resolved",
		strings.Replace(notFound.URL, "http", "ws", 1): `server answered "HTTP/1.1 404 Not Found"`,
		"ws://" + closed.Addr().String() + "/":         "connection refused",
	} {
		_, err := r.Dial(fakeserver.Context(t), url, 0)
		assert.ErrorContains(t, err, want, url)
	}
	assert.Zero(t, r.Stats().Open)
}

// Whether the connect, the write of the request or the read reports it depends on the time.
func TestARefusedDialHasNoOtherError(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	r, url := newRecorder(t, Config{Loops: 1}), "ws://"+closed.Addr().String()+"/"
	for range 50 {
		_, err := r.Dial(fakeserver.Context(t), url, 0)
		require.EqualError(t, err, "bench: dial "+url+": connection refused")
	}
}

func TestDialStopsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	r := newRecorder(t, Config{Loops: 1})
	for _, scheme := range []string{"ws://", "wss://"} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = r.DialAll(ctx, 3, 2, func(int) string { return scheme + silent.Addr().String() + "/" })
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	}
}

// silence returns the URL of a server that accepts connections and never answers.
func silence(t *testing.T) string {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() })
	return "ws://" + silent.Addr().String() + "/"
}

func TestADialHasNoGoroutine(t *testing.T) {
	r := newRecorder(t, Config{Loops: 1})
	url, before := silence(t), runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 100)
	for i := range cap(ended) {
		require.NoError(t, r.Begin(ctx, url, i, func(_ *Client, err error) { ended <- err }))
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), before)
	cancel()
	for range cap(ended) {
		assert.ErrorIs(t, fakeserver.Next(t, ended), context.Canceled)
	}
	assert.Zero(t, r.Stats().Open)
	assert.Empty(t, r.ends, "OnClose is for clients whose dial has succeeded")
}

// The loop is held up until the socket has been shut down, with the response in its buffer.
func TestAResponseThatWasNotReadWhenTheContextEndedOpensNothing(t *testing.T) {
	r := newRecorder(t, Config{Loops: 1})
	upgraded, gone := make(chan struct{}), make(chan struct{})
	url := fakeserver.ServePlain(t, func(ctx context.Context, conn *websocket.Conn) {
		close(upgraded)
		_, _, _ = conn.Read(ctx)
		close(gone)
	})
	held, release := make(chan struct{}), make(chan struct{})
	require.NoError(t, r.Begin(t.Context(), fakeserver.ServePlain(t, fakeserver.Echo), 0, func(*Client, error) {
		close(held)
		<-release
	}))
	fakeserver.Next(t, held)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	require.NoError(t, r.Begin(ctx, url, 1, func(_ *Client, err error) { ended <- err }))
	fakeserver.Next(t, upgraded)
	cancel()
	fakeserver.Next(t, gone)
	close(release)
	assert.ErrorIs(t, fakeserver.Next(t, ended), context.Canceled)
	assert.EqualValues(t, 1, r.Stats().Open)
	assert.Empty(t, r.ends)
}

func TestShutdownEndsTheDials(t *testing.T) {
	r := newRecorder(t, Config{Loops: 2})
	url := silence(t)
	ended := make(chan error, 10)
	for i := range cap(ended) {
		require.NoError(t, r.Begin(t.Context(), url, i, func(_ *Client, err error) { ended <- err }))
	}
	r.Shutdown()
	for range cap(ended) {
		assert.ErrorIs(t, fakeserver.Next(t, ended), ErrShutdown)
	}
}

func TestTheEndOfItsContextDoesNotEndAnOpenClient(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		r := newRecorder(t, Config{Loops: 1})
		ctx, cancel := context.WithCancel(t.Context())
		c, err := r.Dial(ctx, w.Serve(t, fakeserver.Echo), 0)
		require.NoError(t, err)
		cancel()
		require.NoError(t, c.Send([]byte("hello")))
		assert.Equal(t, "hello", fakeserver.Next(t, r.messages).payload)
	})
}

// A server may send the response in pieces, and the first messages with its end.
func TestAResponseInPiecesIsRead(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: " + acceptOf(request.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
		for i := range answer[:len(answer)-1] {
			_, _ = conn.Write([]byte{answer[i]})
		}
		_, _ = conn.Write(frame.Append([]byte("\n"), frame.Text, []byte("hello")))
		_, _ = conn.Read(make([]byte, 1)) // until the client closes
	}()
	r := newRecorder(t, Config{Loops: 1})
	_, err = r.Dial(fakeserver.Context(t), "ws://"+listener.Addr().String()+"/", 0)
	require.NoError(t, err)
	assert.Equal(t, "hello", fakeserver.Next(t, r.messages).payload)
	r.Shutdown()
}

func TestDialEachGoesOnAfterAFailureAndNeverDialsMoreThanParallel(t *testing.T) {
	const n, parallel = 60, 4
	url := fakeserver.Wire(0).Serve(t, fakeserver.Echo)
	r := newRecorder(t, Config{Loops: 2})
	var next, now, most, failed, opened atomic.Int64
	r.DialEach(fakeserver.Context(t), parallel, func() (string, int, bool) {
		i := next.Add(1) - 1
		if i >= n {
			return "", 0, false
		}
		if dialling := now.Add(1); dialling > most.Load() {
			most.Store(dialling)
		}
		return map[bool]string{true: url, false: "http://127.0.0.1:1/"}[i%3 > 0], int(i), true
	}, func(_ int, c *Client, err error) {
		now.Add(-1)
		if err != nil {
			failed.Add(1)
			return
		}
		opened.Add(1)
	})
	assert.EqualValues(t, n/3, failed.Load())
	assert.EqualValues(t, n-n/3, opened.Load())
	assert.LessOrEqual(t, most.Load(), int64(parallel))
	assert.EqualValues(t, n-n/3, r.Stats().Open)
}

// A write takes the socket's error, so that the read that follows only finds the end.
func TestADialReportsTheErrorOfItsRequest(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	address := ln.Addr().(*net.TCPAddr)
	require.NoError(t, unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte(address.IP.To4()), Port: address.Port}))
	conn, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).SetLinger(0)) // so that it is reset
	require.NoError(t, conn.Close())
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
	require.NoError(t, err)

	var got error
	d := &dial{ctx: t.Context(), stop: func() bool { return true }, done: func(_ *Client, err error) { got = err }}
	c := &Client{fd: fd, loop: &loop{epoll: -1}, dial: d, out: &backlog{bytes: []byte("GET")}}
	c.flush()
	d.fail(io.EOF)
	assert.ErrorIs(t, got, unix.ECONNRESET)
}
