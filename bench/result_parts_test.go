package bench

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAPartThatWasNotMeasuredIsNil(t *testing.T) {
	for _, r := range []*Result{{}, {Connect: &ConnectFigures{}, Idle: &IdleFigures{}, Slow: &SlowFigures{}}} {
		assert.Nil(t, r.Storm())
		assert.Nil(t, r.Steady())
		assert.Nil(t, r.LastIdle())
		assert.Nil(t, r.LastPinged())
		assert.Nil(t, r.Stopped())
	}
	storm, steady := &Upgrades{Done: 1}, &Upgrades{Done: 2}
	r := &Result{
		Connect: &ConnectFigures{Storm: storm, Steady: steady}, Slow: &SlowFigures{Members: 1},
		Idle: &IdleFigures{Steps: []IdleStep{{Connections: 1, Pings: 5}, {Connections: 2}}},
	}
	assert.Same(t, storm, r.Storm())
	assert.Same(t, steady, r.Steady())
	assert.Same(t, r.Slow, r.Stopped())
	assert.Equal(t, 2, r.LastIdle().Connections)
	assert.Nil(t, r.LastPinged(), "the last step had no pings")
	r.Idle.Steps[1].Pings = 6
	assert.Same(t, r.LastIdle(), r.LastPinged())
}
