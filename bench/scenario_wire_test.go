package bench

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

// The counts are the same as without TLS, and Bytes counts the bytes on the wire.
func TestScenariosAreTheSameOverTLS(t *testing.T) {
	t.Parallel()
	const text, header, record = 64, 2, 22 // bytes
	h := fakeserver.Wire(tls.VersionTLS13).Hub(t)
	r := measured(t, &Fan{Traffic: trafficTo(h, 500*time.Millisecond), Rooms: 2, Members: 5, Senders: 1, Rate: 50})
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 50, r.Sent)
	assert.EqualValues(t, 250, r.Delivered)
	require.NotNil(t, r.Delivery)
	assert.EqualValues(t, 250, r.Delivery.Count)
	assert.EqualValues(t, 250*(text+header+record), r.Generator.Bytes)

	idle := measured(t, &Idle{Options: trafficTo(h, 100*time.Millisecond).Options, Members: 5, Steps: []int{10}})
	assert.Equal(t, 10, idle.Connections)
	connect := measured(t, &Connect{Options: trafficTo(h, 200*time.Millisecond).Options, Storm: 10, Keep: 1, Members: 5})
	assert.Empty(t, connect.Failures)
	assert.EqualValues(t, 10, connect.Connect.Storm.Done)
	fan := Fan{Traffic: trafficTo(h, 500*time.Millisecond), Rooms: 1, Members: 10, Senders: 1, Rate: 20}
	slow := measured(t, &Slow{Fan: fan, Stopped: 0.2})
	assert.Empty(t, slow.Failures)
	assert.EqualValues(t, 10*8, slow.Delivered)
}

// All counts and checks are the same as without compression.
func TestCompressionChangesOnlyTheBytesOnTheWire(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	seq := 0
	h.OnDeliver(func(_, member int, p []byte) [][]byte {
		if member == 0 {
			seq++ // a probe may be sent more than once
		}
		return [][]byte{envelope(p, seq)}
	})
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.Payload, traffic.Words = 1024, true
	each := func(compression bool) float64 {
		traffic.Compression = compression
		r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 5, Senders: 1, Rate: 50})
		require.Equal(t, []string{}, r.Failures)
		require.EqualValues(t, 125, r.Delivered)
		require.NotNil(t, r.Room)
		return float64(r.Generator.Bytes) / float64(r.Delivered)
	}
	plain, compressed := each(false), each(true)
	assert.InDelta(t, 1045, plain, 10)
	assert.InDelta(t, 0.55, compressed/plain, 0.1, "about the ratio of English text")
}

func TestALostCompressedMessageFailsTheRun(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.OnDeliver(func(n, member int, p []byte) [][]byte {
		if n == 20 && member == 1 {
			return nil
		}
		return [][]byte{p}
	})
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.Compression = true
	r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 3, Senders: 1, Rate: 100})
	assert.Equal(t, []string{"1 deliveries lost"}, r.Failures)
}
