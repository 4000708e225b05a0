package processors

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestIdleTimeIsTheSumOfAllProcessors(t *testing.T) {
	idle, processors := parseIdle("cpu  10 1 20 300 40 5 6 7 8 9\ncpu0 1 2\ncpu1 1 2\nintr 5\n")
	assert.Equal(t, 3400*time.Millisecond, idle)
	assert.Equal(t, 2, processors)
	for _, text := range []string{"", "cpu  10 1 20", "intr 5 6 7 8 9"} {
		_, processors := parseIdle(text)
		assert.Zero(t, processors, text)
	}
}

func TestTheIdleShareIsKnownFromTheSecondCallOn(t *testing.T) {
	idle := IdleMeter()
	_, ok := idle()
	assert.False(t, ok)
	assert.Eventually(t, func() bool { // until the kernel has counted a tick
		share, ok := idle()
		return ok && share >= 0 && share <= 1
	}, 10*time.Second, 10*time.Millisecond)
}
