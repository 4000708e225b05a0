package engine

import (
	"testing"
	"testing/quick"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine/internal/quota"
)

// budgetOf returns the budget of a connection with the given limits.
func budgetOf(t *testing.T, limits Limits) *quota.Budget {
	return unstarted(t, Config{MaxMessage: 1000, Limits: limits}).newBudget("192.0.2.7:80")
}

// timeAt converts a tick to a time for rate limiters, as timers.time does.
func timeAt(now uint32) time.Time { return time.Time{}.Add(time.Duration(now) * tick) }

func TestABudgetRefillsEachTickUpToOneSecond(t *testing.T) {
	b := budgetOf(t, Limits{RateMessages: 8})
	spent := func(now uint32) (n int) {
		for b.Spend(frame.Header{Opcode: frame.Text, Length: 1 << 20}, timeAt(now)) {
			n++
		}
		return n
	}
	assert.Equal(t, []int{8, 0, 2, 4, 8}, []int{spent(100), spent(100), spent(101), spent(103), spent(1000)})
}

func TestOnePongPerSecondAndTheCloseFrameDoNotCountAsFrames(t *testing.T) {
	b := budgetOf(t, Limits{RateMessages: 1})
	assert.True(t, b.Spend(frame.Header{Opcode: frame.Pong}, timeAt(1)))
	assert.True(t, b.Spend(frame.Header{Opcode: frame.Ping}, timeAt(1)))
	assert.False(t, b.Spend(frame.Header{Opcode: frame.Pong}, timeAt(1)))
	assert.False(t, b.Spend(frame.Header{Opcode: frame.Continuation}, timeAt(1)))
	assert.True(t, b.Spend(frame.Header{Opcode: frame.Close}, timeAt(1)))
}

func TestTheLargestMessageFitsIntoEveryBudget(t *testing.T) {
	b := budgetOf(t, Limits{RateBytes: 10})
	assert.True(t, b.Spend(frame.Header{Opcode: frame.Text, Length: 1000}, timeAt(1)))
	assert.False(t, b.Spend(frame.Header{Opcode: frame.Text, Length: 1000}, timeAt(2)))
}

func TestWithoutRatesThereIsNoBudget(t *testing.T) {
	assert.Nil(t, budgetOf(t, Limits{}))
}

func TestClosesAreSpreadEvenlyOverTheDrainWindow(t *testing.T) {
	const n = 1000
	window := 10 * time.Second
	before := 1
	for passed := window / 10; passed < window; passed += window / 10 {
		due := dueAt(passed, window, n)
		assert.InDelta(t, 100, due-before, 1, "at %s", passed)
		before = due
	}
	assert.Equal(t, n, dueAt(window, window, n))
	assert.Equal(t, n, dueAt(0, 0, n))
	require.NoError(t, quick.Check(func(passed uint16, n uint16) bool {
		due := dueAt(time.Duration(passed), 1<<16, int(n)+1)
		return 1 <= due && due <= int(n)+1
	}, nil))
}
