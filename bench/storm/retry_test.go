package storm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheCloseCodeDecidesWhenToConnectAgain(t *testing.T) {
	for code, want := range map[int]time.Duration{
		1000: time.Second, 1001: time.Second, 1006: time.Second, 1002: time.Second, 1012: time.Second,
		4000: 0, 4100: time.Second, 4199: time.Second, 4200: 0, 4201: 0, 4299: 0,
	} {
		wait, again := afterClose(code)
		assert.True(t, again, code)
		assert.Equal(t, want, wait, code)
	}
	for _, code := range []int{4001, 4009, 4099, 4300, 4301, 4999} {
		_, again := afterClose(code)
		assert.False(t, again, code)
	}
}

func TestRefusedAttemptsWaitForTheEndOfTheirSlots(t *testing.T) {
	a := attempts{latency: 100 * time.Millisecond}
	a.begin()
	assert.Equal(t, 1200*time.Millisecond, a.timeout())
	var at time.Duration
	var begins []time.Duration
	for range 6 {
		begins = append(begins, at)
		at += a.next(0)
	}
	assert.Equal(t, []time.Duration{0, 0, 15 * time.Second, 45 * time.Second, 105 * time.Second, 165 * time.Second}, begins)
}

func TestAnAttemptWithoutAnAnswerIsGivenUpAtTheEndOfItsSlot(t *testing.T) {
	var a attempts
	a.begin()
	assert.Equal(t, 15*time.Second, a.timeout())
	assert.Zero(t, a.next(15*time.Second))
	assert.Equal(t, 30*time.Second, a.timeout())
	assert.Equal(t, 10*time.Second, a.next(20*time.Second))
	assert.Equal(t, time.Minute, a.timeout())
}
