package engine_test

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

func TestAHandshakeBeyondMaxPerClientIsAnswered429WithRetryAfter(t *testing.T) {
	s := serve(t, engine.Config{MaxPerClient: 2}, echo)
	first := s.dial(t)
	s.dial(t).wantEcho("second")

	third := s.connect(t)
	third.write([]byte(handshake))
	resp := third.response()
	assert.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.EqualValues(t, 1, s.refused(engine.RefusedClient))

	elsewhere := s.connectFrom(t, "127.0.0.2")
	elsewhere.upgrade()
	elsewhere.wantEcho("from another address")

	first.send(closing, "")
	first.wantClose(1005)
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 2 }, soon, poll)
	s.dial(t).wantEcho("instead of the first")
}

// connectFrom opens a connection from another loopback address.
func (s *server) connectFrom(t testing.TB, host string) *client {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}}
	return s.connectBy(t, d)
}

func TestABusyServerRefusesNewConnectionsAndServesOpenOnes(t *testing.T) {
	var busy sync.Map
	s := serve(t, engine.Config{Busy: func() bool { _, is := busy.Load("now"); return is }}, echo)
	open := s.dial(t)
	busy.Store("now", true)
	c := s.connect(t)
	c.write([]byte(handshake))
	resp := c.response()
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.EqualValues(t, 1, s.refused(engine.RefusedBusy))
	open.wantEcho("still here")
	busy.Delete("now")
	s.dial(t).wantEcho("hello")
}

func TestABurstBeyondMaxHandshakesIsServedCompletely(t *testing.T) {
	s := serve(t, engine.Config{MaxHandshakes: 2}, echo)
	var burst sync.WaitGroup
	for range 100 {
		burst.Go(func() { s.dial(t).wantEcho("hello") })
	}
	burst.Wait()
	assert.Zero(t, s.refused(engine.RefusedHalfOpen))
}

func TestTheOldestHalfOpenConnectionIsEvicted(t *testing.T) {
	t.Parallel()
	// Two pollers may accept two connections at the same time, and either may be the first in the list.
	s := serve(t, engine.Config{MaxHandshakes: 2, Pollers: 1}, echo)
	oldest := s.connect(t)
	oldest.write([]byte("GET / HTTP/1.1\r\n"))
	other := s.connect(t)
	s.dial(t).wantEcho("accepted") // after 2 s
	oldest.wantEOF()
	assert.EqualValues(t, 1, s.refused(engine.RefusedHalfOpen))
	other.upgrade()
	other.wantEcho("in time")
	assert.Len(t, s.Stats().Refused, 1)
}

func TestAcceptsBeyondTheRateWaitAndAreServed(t *testing.T) {
	s := serve(t, engine.Config{Limits: engine.Limits{AcceptRate: 10}}, echo)
	began := time.Now()
	for range 10 {
		s.dial(t).wantEcho("hello")
	}
	assert.Zero(t, s.Stats().Counts[engine.AcceptDelays], "a burst may have as many as one second allows")
	for range 12 { // the kernel accepts these immediately, however slow the handshakes are
		silent, err := net.Dial("tcp", s.addr)
		require.NoError(t, err)
		defer silent.Close()
	}
	for range 5 {
		s.dial(t).wantEcho("hello")
	}
	assert.GreaterOrEqual(t, time.Since(began), 500*time.Millisecond)
	assert.Positive(t, s.Stats().Counts[engine.AcceptDelays])
	require.NoError(t, s.SetLimits(engine.Limits{}))
	for range 50 {
		s.dial(t)
	}
}

func TestAClientBeyondItsRateIsClosedAndItsEarlierMessagesAreServed(t *testing.T) {
	for name, limits := range map[string]engine.Limits{"messages": {RateMessages: 4}, "bytes": {RateBytes: 4000}} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, engine.Config{Limits: limits, MaxMessage: 1000}, echo)
			c := s.dial(t)
			message := string(make([]byte, 900))
			for range 4 {
				c.wantEcho(message)
			}
			for range 40 {
				c.send(text, message)
			}
			served := 0
			for {
				op, payload := c.read()
				if op == frame.Close {
					assert.Equal(t, closePayload(1008, "Rate limit"), payload)
					break
				}
				served++
			}
			assert.Less(t, served, 20)
			assert.EqualValues(t, 1, s.refused(engine.TooFast))
		})
	}
}

func TestNegativeLimitsAreRejected(t *testing.T) {
	for _, limits := range []engine.Limits{{AcceptRate: -1}, {RateMessages: -1}, {RateBytes: -1}, {DrainWindow: -1}} {
		_, err := engine.New(engine.Config{Limits: limits})
		require.ErrorContains(t, err, "is negative")
	}
}
