package socket

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAHeadIsCompleteWithTheEmptyLine(t *testing.T) {
	const whole = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket"
	for n := range len(whole + headEnd) {
		_, ok, err := Head([]byte((whole + headEnd)[:n]))
		assert.False(t, ok, n)
		assert.NoError(t, err)
	}
	for _, more := range []string{"", "\x81\x00", headEnd, strings.Repeat("x", maxHead)} {
		head, ok, err := Head([]byte(whole + headEnd + more))
		assert.True(t, ok)
		assert.NoError(t, err)
		assert.Equal(t, whole, head)
	}
}

func TestAHeadIsBounded(t *testing.T) {
	longest := strings.Repeat("x", maxHead-HeadEnd)
	head, ok, err := Head([]byte(longest + headEnd))
	assert.True(t, ok)
	assert.NoError(t, err)
	assert.Equal(t, longest, head)
	_, ok, err = Head([]byte("x" + longest + headEnd))
	assert.False(t, ok)
	assert.ErrorIs(t, err, errLongHead)
}
