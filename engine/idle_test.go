package engine_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

func TestIdleConnectionHasNoGoroutine(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	s.dial(t).wantEcho("warm")
	before := 0
	require.Eventually(t, func() bool { // the goroutine of the first connection has ended
		n := runtime.NumGoroutine()
		defer func() { before = n }()
		return n == before
	}, soon, 20*time.Millisecond)
	for range 500 {
		s.dial(t).wantEcho("once")
	}
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before }, soon, poll)
	assert.EqualValues(t, 501, s.Stats().Counts[engine.Connections])
}

func TestCheckFindsNoDisagreementBeforeAndAfterManyConnections(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	require.NoError(t, s.Check())
	keep := s.dial(t)
	for i := range 200 {
		c := s.dial(t)
		switch i % 3 {
		case 0:
			c.send(closing, "")
			c.wantClose(1005)
		case 1:
			c.write([]byte("\x80\x00"))
			c.wantClose(1002)
		}
		require.NoError(t, c.conn.Close())
	}
	refused, open := s.dial(t), s.dial(t)
	refused.write([]byte("\x80\x00"))
	refused.wantClose(1002)
	open.wantEcho("hello")
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 3 }, soon, poll)
	require.NoError(t, s.Check(), "while a connection is closing")
	require.NoError(t, refused.conn.Close())
	require.NoError(t, open.conn.Close())
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 1 }, soon, poll)
	require.NoError(t, s.Check())
	assert.EqualValues(t, 203, s.Stats().Counts[engine.Upgrades])
	keep.wantEcho("still here")
}

func TestStatsCountMessagesAndTheirBytes(t *testing.T) {
	s := serve(t, engine.Config{MaxConns: 7}, echo)
	c := s.dial(t)
	c.wantEcho("four")
	c.send(openText, "fi")
	c.send(last, "ve!")
	c.want(frame.Text, "five!")
	c.send(ping, "not a message")
	c.want(frame.Pong, "not a message")
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.ReceivedMessages] == 2 }, soon, poll)
	got := s.Stats()
	assert.EqualValues(t, 9, got.Counts[engine.ReceivedBytes])
	assert.EqualValues(t, 7, got.Counts[engine.MaxConnections])
	assert.EqualValues(t, 1, got.Counts[engine.Connections])
}

func TestAnInvalidConfigIsRejected(t *testing.T) {
	for name, cfg := range map[string]engine.Config{
		"Pollers":          {Pollers: -1},
		"MaxConns":         {MaxConns: -1},
		"MaxMessage":       {MaxMessage: 124},
		"MaxBacklog":       {MaxBacklog: -1},
		"PingTimeout":      {PingTimeout: -1},
		"CloseTimeout":     {CloseTimeout: -1},
		"HandshakeTimeout": {HandshakeTimeout: -1},
		"IdleTimeout":      {IdleTimeout: -1},
	} {
		_, err := engine.New(cfg)
		assert.ErrorContains(t, err, name)
	}
	for _, size := range []int{-1, 1, 4 << 10} {
		_, err := engine.New(engine.Config{MaxHeader: size})
		assert.EqualError(t, err, fmt.Sprint("engine: MaxHeader must be above 4096 bytes: ", size))
	}
	_, err := engine.New(engine.Config{MaxHeader: 4<<10 + 1})
	assert.NoError(t, err)
}

func TestRefusalsHaveDistinctLabels(t *testing.T) {
	seen := map[string]bool{}
	for r := engine.RefusedRequest; r <= engine.Panicked; r++ {
		assert.Regexp(t, "^[a-z0-9_]+$", r.String())
		assert.False(t, seen[r.String()], r.String())
		seen[r.String()] = true
	}
}

// A program that fails before Serve may still call Shutdown.
func TestShutdownWithoutServeReturns(t *testing.T) {
	e, err := engine.New(engine.Config{})
	require.NoError(t, err)
	require.NoError(t, e.Shutdown(context.Background()))
	require.NoError(t, e.Shutdown(context.Background()))
}

func TestServeAfterShutdownClosesTheListenerAndReturns(t *testing.T) {
	e, err := engine.New(engine.Config{})
	require.NoError(t, err)
	require.NoError(t, e.Shutdown(context.Background()))
	ln := listen(t, 0)
	require.NoError(t, e.Serve(ln, http.NotFoundHandler()))
	_, err = ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

// A signal may arrive at any moment of the start.
func TestServeReturnsIfShutdownIsCalledWhileItStarts(t *testing.T) {
	for i := range 100 {
		e, err := engine.New(engine.Config{Pollers: 1 + i%5})
		require.NoError(t, err)
		ln := listen(t, 0)
		served := make(chan error, 1)
		go func() { served <- e.Serve(ln, http.NotFoundHandler()) }()
		require.NoError(t, e.Shutdown(context.Background()))
		require.NoError(t, <-served)
		_, err = ln.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
	}
}

func TestEnginesOfOneProcessAreIndependent(t *testing.T) {
	a, b := serve(t, engine.Config{}, echo), serve(t, engine.Config{}, echo)
	a.dial(t).wantEcho("a")
	b.dial(t).wantEcho("b")
	a.stop(t)
	a.served <- nil
	b.dial(t).wantEcho("b goes on")
}
