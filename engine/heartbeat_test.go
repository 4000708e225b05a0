package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"plenum/codec/frame"
	"plenum/engine"
)

// This is the heartbeat with the real clock. The internal tests check its rules.
func TestSilentPeerIsPingedThenClosed(t *testing.T) {
	t.Parallel()
	const period, timeout = time.Second, 500 * time.Millisecond
	s, j := serveJournal(t, engine.Config{PingPeriod: period, PingTimeout: timeout})
	c := s.dial(t)
	began := time.Now()
	c.want(frame.Ping, "")
	pinged := time.Since(began)
	assert.Greater(t, pinged, period*3/4-early)
	assert.Less(t, pinged, period+late)
	answered := time.Now()
	c.send(pong, "")
	c.want(frame.Ping, "")
	c.wantClose(1011)
	assert.Greater(t, time.Since(answered), period*3/4+timeout-2*early)
	assert.Less(t, time.Since(answered), period+timeout+late)
	j.wantClosed(t, 1011)
	assert.EqualValues(t, 1, s.refused(engine.Silent))
	assert.EqualValues(t, 2, s.Stats().Counts[engine.Pings])
}
