package engine_test

import (
	"bytes"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine"
)

// floods bounds how often a flooding client sends its 10,000 frames. It sends them about 400 times during ten echoes to
// another client, on a fast machine and on a slow one. A starved client gets its echo only after the flood. The test
// therefore compares with the flood's end and needs no deadline.
const floods = 4000

// All clients share one poller.
func TestAFloodingClientDoesNotStarveOtherClients(t *testing.T) {
	// With this backlog, a flooding client is never closed as slow, even if the machine is too busy to let it read.
	s := serve(t, engine.Config{Pollers: 1, MaxBacklog: 1 << 30}, echo)
	other := s.dial(t)
	require.NoError(t, other.conn.SetDeadline(time.Time{}))
	for name, flood := range map[string]struct{ first, then []byte }{
		"pings":           {nil, masked(ping, "p")},
		"pongs":           {nil, masked(pong, "")},
		"empty fragments": {masked(openText, ""), masked(more, "")},
		"empty messages":  {nil, masked(binary, "")},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.dial(t)
			require.NoError(t, c.conn.SetDeadline(time.Time{}))
			c.write(flood.first)
			ended := make(chan struct{}, 2)
			go func() {
				_, _ = io.Copy(io.Discard, c.in) // until it is closed
				ended <- struct{}{}
			}()
			many := bytes.Repeat(flood.then, 10_000)
			var over atomic.Bool
			go func() {
				for range floods {
					if _, err := c.conn.Write(many); err != nil {
						break
					}
				}
				over.Store(true)
				ended <- struct{}{}
			}()
			for range 10 {
				other.wantEcho("served")
			}
			assert.False(t, over.Load(), "the other client is served during the flood")
			require.NoError(t, c.conn.Close())
			<-ended
			<-ended
		})
	}
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 1 }, soon, poll)
	assert.Empty(t, s.Stats().Refused)
}
