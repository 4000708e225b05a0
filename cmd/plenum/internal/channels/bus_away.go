package channels

import (
	"math/rand/v2"
	"sync"
	"time"

	"plenum/codec/frame"
)

// busDelay is the longest time until a connection is closed because a channel cannot be opened without the brokers.
const busDelay = 4 * time.Second

// busAway has the sessions that will be closed because one of their channels cannot be opened without the brokers. Each of them
// has one timer, no matter how many subscriptions its client sends until then.
type busAway struct {
	mu      sync.Mutex
	closing map[*session]struct{} // nil until the first one
}

// add adds a session. It returns false if the session is in already.
func (b *busAway) add(m *session) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.closing[m]; known {
		return false
	}
	if b.closing == nil {
		b.closing = map[*session]struct{}{}
	}
	b.closing[m] = struct{}{}
	return true
}

func (b *busAway) remove(m *session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.closing, m)
}

// closeForBus closes the connection with 4100 after a random time, because one of its channels cannot be opened without the
// brokers. Clients reconnect a second later, and then sign in and subscribe to all their channels. After a refused subscription
// they would never subscribe again. Clients wait without jitter, so the random time spreads their reconnects.
func (m *session) closeForBus() {
	away := &m.channels.busAway
	if !away.add(m) {
		return
	}
	time.AfterFunc(rand.N(busDelay), func() {
		_ = m.Close(frame.CloseTryAgain, "The bus is away") // an error: it is closed already
		away.remove(m)
	})
}
