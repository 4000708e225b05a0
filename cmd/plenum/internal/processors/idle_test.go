package processors

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestIdleTimeIsThatOfAllProcessors(t *testing.T) {
	idle, processors := parseIdle("cpu  10 1 20 300 40 5 6 7 8 9\ncpu0 1 2\ncpu1 1 2\nintr 5\n")
	assert.Equal(t, 3400*time.Millisecond, idle)
	assert.Equal(t, 2, processors)
	for _, text := range []string{"", "cpu  10 1 20", "intr 5 6 7 8 9"} {
		_, processors := parseIdle(text)
		assert.Zero(t, processors, text)
	}
}

func TestTheIdlePartIsKnownFromTheSecondCallOn(t *testing.T) {
	idle := IdleMeter()
	_, ok := idle()
	assert.False(t, ok)
	assert.Eventually(t, func() bool { // until the kernel has counted a tick
		part, ok := idle()
		return ok && part >= 0 && part <= 1
	}, 10*time.Second, 10*time.Millisecond)
}
