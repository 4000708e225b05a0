package engine_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine"
)

// All clients share one poller.
func TestAFloodingClientDoesNotStarveOtherClients(t *testing.T) {
	s := serve(t, engine.Config{Pollers: 1}, echo)
	other := s.dial(t)
	for name, flood := range map[string]struct{ first, then []byte }{
		"pings":           {nil, masked(ping, "p")},
		"pongs":           {nil, masked(pong, "")},
		"empty fragments": {masked(openText, ""), masked(more, "")},
		"empty messages":  {nil, masked(binary, "")},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.dial(t)
			c.write(flood.first)
			ended := make(chan struct{}, 2)
			go func() {
				_, _ = io.Copy(io.Discard, c.in) // until it is closed
				ended <- struct{}{}
			}()
			many := bytes.Repeat(flood.then, 10_000)
			go func() {
				for {
					if _, err := c.conn.Write(many); err != nil {
						ended <- struct{}{}
						return
					}
				}
			}()
			for range 10 {
				other.wantEcho("served")
			}
			require.NoError(t, c.conn.Close())
			<-ended
			<-ended
		})
	}
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 1 }, soon, poll)
	assert.Empty(t, s.Stats().Refused)
}
