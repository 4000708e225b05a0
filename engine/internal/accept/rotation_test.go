package accept

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// holding returns a server with four pollers, whose handler holds its poller until release is called or the test ends. held
// waits for a call of the handler.
func holding(t *testing.T) (s *server, dial func() net.Conn, held, release func()) {
	t.Helper()
	begun, ends := make(chan struct{}, 1000), make(chan struct{})
	s = newServer(Config{NonBlocking: func(*http.Request) bool { return true }})
	s.poll(t, 4)
	dial = s.serving(t, func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-ends
	})
	require.Eventually(t, func() bool { return len(s.listening()) == 1 }, soon, time.Millisecond, "it has started")
	release = sync.OnceFunc(func() { close(ends) })
	t.Cleanup(release)
	held = func() {
		t.Helper()
		select {
		case <-begun:
		case <-time.After(soon):
			t.Fatal("no handshake reaches the handler")
		}
	}
	return s, dial, held, release
}

// listening returns the pollers that accept.
func (s *server) listening() (pollers []int) {
	s.Server.mu.Lock()
	defer s.Server.mu.Unlock()
	for _, a := range s.acceptors {
		if a.listens {
			pollers = append(pollers, a.poller)
		}
	}
	return pollers
}

func TestAnyPollerAcceptsIfTheOthersAreBusy(t *testing.T) {
	s, dial, held, release := holding(t)
	s.Server.mu.Lock()
	s.cfg.Upgraded = func() int { return 1 << 10 } // so that no turn ends meanwhile
	s.Server.mu.Unlock()
	accepted := map[int]bool{}
	for range 4 {
		c := dial()
		var poller int
		require.Eventually(t, func() bool {
			s.Expire(time.Now()) // a tick
			poller = s.pollerOfNow(c)
			return poller >= 0
		}, soon, time.Millisecond)
		accepted[poller] = true
		_, err := c.Write([]byte(plainHandshake))
		require.NoError(t, err)
		held()
	}
	assert.Len(t, accepted, 4)
	release()
	s.isCalm(t, dial)
}

// isCalm requires that only one poller is accepting after a few more connections.
func (s *server) isCalm(t *testing.T, dial func() net.Conn) {
	t.Helper()
	require.Eventually(t, func() bool {
		s.pollerOf(t, dial())
		return len(s.listening()) == 1
	}, soon, time.Millisecond)
}

// The first poller accepts at most 2*maxAccepts connections before a handler holds it. Another poller must accept the others.
func TestPollersHelpEachOtherIfManyConnectionsWait(t *testing.T) {
	s, dial, held, release := holding(t)
	s.Server.mu.Lock() // nothing is accepted
	for range 3*maxAccepts + 1 {
		_, err := dial().Write([]byte(plainHandshake))
		require.NoError(t, err)
	}
	s.Server.mu.Unlock()
	held()
	held()
	release()
	require.Eventually(t, func() bool { return s.stillPending() == 0 }, soon, time.Millisecond)
	s.isCalm(t, dial)
}

func TestEachPollerGetsAboutTheSameNumberOfConnections(t *testing.T) {
	pollers, open := make(chan int), 0
	s := newServer(Config{NonBlocking: func(r *http.Request) bool { return r.URL.Path != "/blocks" }})
	s.cfg.Upgraded = func() int { return open } // it is written while nothing is accepted
	s.poll(t, 4)
	dial := s.serving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/blocks" {
			return
		}
		h, err := Hijack(w)
		assert.NoError(t, err)
		h.Polled.SetSession(nil)
		pollers <- s.pollers.Of(h.Polled)
	})
	n := make([]int, 4)
	last, passed := -1, 0
	const conns = 400
	for i := range conns {
		if i%4 != 0 { // connections that end at once do not count
			short := dial()
			_, err := short.Write([]byte("GET /blocks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
			require.NoError(t, err)
			_, err = io.ReadAll(short)
			require.NoError(t, err)
			continue
		}
		_, err := dial().Write([]byte(plainHandshake))
		require.NoError(t, err)
		poller := <-pollers
		s.Server.mu.Lock()
		open++
		s.Server.mu.Unlock()
		n[poller]++
		if poller != last {
			last = poller
			passed++
		}
	}
	for _, n := range n {
		assert.InDelta(t, conns/4/4, n, conns/4/4/turnsPerPoller+2)
	}
	assert.Less(t, passed, conns/4, "the turn passes rarely")
}

func TestAPausedAcceptorPassesItsTurn(t *testing.T) {
	s := newServer(Config{})
	s.poll(t, 2)
	dial := s.serving(t, http.NotFound)
	first := s.pollerOf(t, dial())
	s.pause(s.acceptors[first], time.Hour, &pause{})
	require.Eventually(t, func() bool { return s.pollerOf(t, dial()) == 1-first }, soon, time.Millisecond)
	s.pause(s.acceptors[1-first], time.Hour, &pause{})
	assert.Empty(t, s.listening())
	s.Server.mu.Lock()
	s.unpause(s.acceptors[first]) // it does not have the turn
	s.Server.mu.Unlock()
	for range 2 {
		assert.Equal(t, first, s.pollerOf(t, dial()))
	}
	s.Server.mu.Lock()
	s.unpause(s.acceptors[1-first])
	s.Server.mu.Unlock()
	s.isCalm(t, dial)
}
