package channels

import (
	"math/rand/v2"
	"time"

	"plenum/codec/frame"
)

// busDelay is the longest time until a connection is closed because a channel cannot be opened without the brokers.
const busDelay = 4 * time.Second

// closeForBus closes the connection with 4100 after a random time, because one of its channels cannot be opened without the
// brokers. Clients connect again a second later, and then sign in and subscribe to all their channels. They would never repeat a
// subscription that was refused. They wait without jitter, so the delay spreads them. A connection has at most one timer per
// subscription, and one for the signin.
func (m *session) closeForBus() {
	time.AfterFunc(rand.N(busDelay), func() { _ = m.Close(frame.CloseTryAgain, "The bus is away") }) // an error: it is closed already
}
