package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

func TestMessagesOf20BytesAreCheckedAndTimed(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	var late []byte
	h.OnDeliver(func(number, member int, payload []byte) [][]byte {
		require.Len(t, payload, 20)
		switch {
		case number == 3 && member == 1:
			return nil
		case number == 5 && member == 0:
			return [][]byte{payload, payload}
		case number == 6 && member == 2:
			late = slices.Clone(payload)
			return nil
		case number == 7 && member == 2: // two texts in one frame
			return [][]byte{slices.Concat(payload, []byte("\n"), late)}
		}
		return [][]byte{payload}
	})
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.Payload = 20
	r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 3, Senders: 1, Rate: 40})
	assert.Equal(t, []string{"1 deliveries lost", "1 deliveries duplicated", "1 deliveries out of order"}, r.Failures)
	assert.EqualValues(t, 20, r.Sent)
	assert.EqualValues(t, 59, r.Delivered)

	h = fakeserver.NewHub(t)
	h.StallEvery(200*time.Millisecond, 50*time.Millisecond)
	traffic.URL = h.URL
	r = measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 3, Senders: 1, Rate: 40})
	require.NotNil(t, r.Delivery)
	assert.Empty(t, r.Failures)
	assert.GreaterOrEqual(t, r.Delivery.Max, 25.0, "a message is due every 25 ms")
	assert.Less(t, r.Delivery.P50, 1000.0)
}

func TestShortTextsHaveRoomForFewerMessages(t *testing.T) {
	f := &Fan{Traffic: trafficTo(&fakeserver.Hub{URL: "ws://127.0.0.1:1/"}, 18*time.Second), Rooms: 1, Members: 2, Senders: 1, Rate: 1e6}
	require.NoError(t, f.Validate())
	f.Payload = 39
	assert.EqualError(t, f.Validate(), "--payload: must be 40 or more if a run has more than 16777215 rooms, or messages in one room")
}
