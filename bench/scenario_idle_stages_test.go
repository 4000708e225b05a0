package bench

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
)

// idleTo returns an idle run against h with these stages.
func idleTo(h *fakeserver.Hub, all ...Stage) *Idle {
	return &Idle{Options: trafficTo(h, 0).Options, Members: 4, Stage: all}
}

// The number of connections rises to 20, stays, jumps to 30, and falls to 10.
func TestTheNumberOfIdleConnectionsFollowsTheStages(t *testing.T) {
	t.Parallel()
	const part = 500 * time.Millisecond
	r := measured(t, idleTo(fakeserver.NewHub(t), Stage{part, 20}, Stage{part, 20}, Stage{0, 30}, Stage{part, 30}, Stage{part, 10}, Stage{part, 10}))
	require.Empty(t, r.Failures)
	assert.Nil(t, r.Idle)
	require.Len(t, r.Stages, 5)
	for i, want := range []struct{ to, opened int }{{20, 19}, {20, 0}, {30, 10}, {10, 0}, {10, 0}} {
		s := r.Stages[i]
		assert.EqualValues(t, want.to, s.To)
		assert.EqualValues(t, want.opened, s.Done, "the first connection was opened before")
		assert.Zero(t, s.Failed+s.Late)
		assert.Positive(t, s.RSS)
		if want.opened > 0 {
			assert.EqualValues(t, want.opened, s.Ms.Count)
		}
	}
	assert.Equal(t, 10, r.Connections)
	assert.EqualValues(t, 10, r.Stages[4].IdleStage.Connections)
	assert.EqualValues(t, 20, r.Stages[1].IdleStage.Connections)
	assert.Zero(t, r.Ended, "connections that this side closed were not ended by the server")
}

func TestAConnectionThatIsNotOpenYetIsClosedOnceItIs(t *testing.T) {
	h := fakeserver.NewHub(t)
	s := idleTo(h, Stage{10 * time.Millisecond, 1})
	g, err := s.group(s.Members)
	require.NoError(t, err)
	defer g.stop()
	fresh, err := g.grow(fakeserver.Context(t), 1)
	require.NoError(t, err)
	v := &varying{group: g, stages: newUpgradeStages(s.Stage)}
	v.closeNewest()
	assert.EqualValues(t, 1, g.pool.Stats().Open)
	v.opened(t.Context(), v.start, fresh[0], nil)
	assert.Eventually(t, func() bool { return g.pool.Stats().Open == 0 }, fakeserver.Timeout, time.Millisecond)
	assert.Empty(t, v.open)
	assert.Zero(t, v.owed)
}

func TestAnIdleRunOfStagesThatIsCutHasTheStagesSoFar(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(fakeserver.Context(t))
	defer cancel()
	d := &drive.Driver{Live: func(f drive.Live) {
		if f.Phase == "stages" && f.Elapsed >= 2*time.Second { // the first stage was measured long ago
			cancel()
		}
	}}
	r, err := idleTo(fakeserver.NewHub(t), Stage{50 * time.Millisecond, 5}, Stage{time.Minute, 5}).Run(ctx, d)
	require.NoError(t, err)
	assert.True(t, r.Cut)
	require.Len(t, r.Stages, 1)
	assert.LessOrEqual(t, r.Stages[0].IdleStage.Connections, uint64(5), "the last dials may not be done")
}

func TestBadStagesOfIdleAreRejected(t *testing.T) {
	h := &fakeserver.Hub{URL: "ws://127.0.0.1:1/"}
	assert.ErrorContains(t, idleTo(h, Stage{time.Second, 1e6}).Validate(), "--stage: the descriptor limit allows ")
	assert.ErrorContains(t, idleTo(h, Stage{0, 5}).Validate(), "--stage: must be longer than 0s at least once")
	assert.ErrorContains(t, idleTo(h).Validate(), "--connections: must be one number or more")
	assert.NoError(t, idleTo(h, Stage{time.Second, 5}).Validate())
}
