package accept

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
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
	for range 4 * 4 * shares { // so that a share is several connections
		s.pollerOf(t, dial())
	}
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

// The first poller accepts at most twice before a handler holds it.
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

func TestEachPollerAcceptsItsShare(t *testing.T) {
	s := newServer(Config{})
	s.poll(t, 4)
	dial := s.serving(t, http.NotFound)
	n := make([]int, 4)
	last, passed := -1, 0
	const conns = 400
	for range conns {
		poller := s.pollerOf(t, dial())
		n[poller]++
		if poller != last {
			last = poller
			passed++
		}
	}
	for _, n := range n {
		assert.InDelta(t, conns/4, n, conns/4/shares+1)
	}
	assert.Less(t, passed, conns/4, "the turn passes rarely")
}

func TestAPausedAcceptorPassesItsTurn(t *testing.T) {
	s := newServer(Config{})
	limiter := rate.NewLimiter(200, 1) // each connection is delayed
	s.cfg.Rate = func() *rate.Limiter { return limiter }
	s.poll(t, 2)
	dial := s.serving(t, http.NotFound)
	var conns []net.Conn
	for range 16 {
		conns = append(conns, dial()) // there is always one that waits
	}
	n := make([]int, 2)
	for _, c := range conns {
		n[s.pollerOf(t, c)]++
	}
	assert.Positive(t, s.Delayed())
	assert.Positive(t, n[0])
	assert.Positive(t, n[1])
}
