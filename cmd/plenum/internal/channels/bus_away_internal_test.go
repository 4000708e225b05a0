package channels

import (
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAConnectionHasOneTimerWhileTheBusIsAway(t *testing.T) {
	f := newFixture(t, 10)
	c := f.connects(0)
	m := f.channels.cfg.Sessions.find([]byte(c.socket))
	require.NotNil(t, m)
	away := &f.channels.busAway
	require.True(t, away.add(m))
	require.False(t, away.add(m), "it has a timer already")
	away.remove(m)
	m.closeForBus()
	_, err := c.next()
	assert.EqualValues(t, 4100, websocket.CloseStatus(err))
	f.eventually(func() bool { return away.add(m) })
}
