package natsbus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

func TestTheOlderHalfOfAFullStreamIsDroppedSoon(t *testing.T) {
	for _, c := range []struct{ bytes, first, last, soon uint64 }{
		{500, 11, 20, 0}, {501, 11, 20, 15}, {1000, 11, 11, 11}, {0, 21, 20, 0},
	} {
		var f fill
		f.Config.MaxBytes, f.State.Bytes, f.State.First, f.State.Last = 1000, c.bytes, c.first, c.last
		assert.Equal(t, c.soon, f.soon(), "%+v", c)
	}
}

// The stream turns over twice. A node that does not know the quiet room finds it in its epoch.
func TestAQuietRoomKeepsItsEpochInAFullStream(t *testing.T) {
	t.Parallel()
	const most, size = 16 << 20, 256 << 10 // so the stream has at most 64 messages
	const quarter = most / size / 4
	history := rooms.History{Messages: 1000, Age: 600, Memory: most}
	broker := startBroker(t, 0, t.TempDir())
	a, b := startNode(t, broker.ClientURL(), history), startNode(t, broker.ClientURL(), history)
	_, position := a.join(t, "quiet", "Alex", nil)
	quiet := a.subjects.find("quiet")
	last := func() uint64 {
		quiet.mu.Lock()
		defer quiet.mu.Unlock()
		return quiet.state.last
	}
	text := strings.Repeat("x", size)
	for range 8 {
		for range quarter {
			require.NoError(t, b.publish("busy", text).wait(t).err)
		}
		high := b.streams[0].progress.high.Load()
		require.Eventually(t, func() bool { return last()+2*quarter > high }, wait, tick, "the last batch is in the newer half")
	}
	_, again := b.join(t, "quiet", "Bea", nil)
	assert.Equal(t, position.Epoch, again.Epoch)
}
