package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/message"
)

// manyTo returns a load of 3 groups of 4 members that share 5 rooms, with 5 hits per group.
func manyTo(h *fakeserver.Hub) *Many {
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.URL, traffic.Hello, traffic.Publish = h.CommandsURL(), []string{fakeserver.JoinCommand}, fakeserver.PublishCommand
	return &Many{Traffic: traffic, Rooms: 15, Members: 4, Each: 5, Rate: 10}
}

func TestEachMemberReceivesTheMessagesOfAllRoomsOfItsGroup(t *testing.T) {
	t.Parallel()
	r := measured(t, manyTo(fakeserver.NewHub(t)))
	assert.Empty(t, r.Failures)
	assert.Equal(t, 12, r.Connections)
	assert.EqualValues(t, 3*5*5, r.Sent)
	assert.EqualValues(t, 4*r.Sent, r.Delivered)
	assert.EqualValues(t, r.Sent, r.Histograms.Completion.Count(), "each message has a completion")
	assert.NotNil(t, r.Delivery)
}

func TestAMessageLostInOneOfManyRoomsIsCounted(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	lost := func(number, member int, payload []byte) bool {
		stream, _ := message.Stream(payload)
		return stream == 7 && number == 2 && member == 3
	}
	h.OnDeliver(func(number, member int, payload []byte) [][]byte {
		if lost(number, member, payload) {
			return nil
		}
		return [][]byte{payload}
	})
	r := measured(t, manyTo(h))
	assert.Equal(t, []string{"1 deliveries lost"}, r.Failures)
	assert.EqualValues(t, 4*r.Sent-1, r.Delivered)
}

func TestTheServersNumbersAreCheckedPerRoom(t *testing.T) {
	t.Parallel()
	for failure, skip := range map[string]int{"": 0, "1 numbers missing in the server's seq": 1} {
		h := fakeserver.NewHub(t)
		seqs := map[int]int{}
		h.OnDeliver(func(number, member int, payload []byte) [][]byte {
			stream, _ := message.Stream(payload)
			if member == 0 {
				seqs[stream]++
			}
			seq := seqs[stream]
			if stream == 7 && member == 3 && number == 5 {
				seq += skip
			}
			answer := []byte(`{"type":"published","seq":1}`) // does not say of which room it is
			return [][]byte{fmt.Appendf(nil, `{"text":"%s","seq":%d}`, payload, seq), answer}
		})
		r := measured(t, manyTo(h))
		require.NotNil(t, r.Room)
		if failure == "" {
			assert.Empty(t, r.Failures)
			continue
		}
		assert.Equal(t, []string{failure}, r.Failures)
	}
}

func TestARunWaitsUntilEachMemberIsInAllItsRooms(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	probes := 0
	h.OnDeliver(func(number, member int, payload []byte) [][]byte {
		if stream, _ := message.Stream(payload); number == 0 && stream == 7 && member == 3 {
			probes++
			if probes < 3 {
				return nil // as if it had not joined this room yet
			}
		}
		return [][]byte{payload}
	})
	r := measured(t, manyTo(h))
	assert.Empty(t, r.Failures)
	assert.GreaterOrEqual(t, probes, 3)
}

func TestInvalidOptionsOfManyAreRejectedWithTheirFlag(t *testing.T) {
	h := &fakeserver.Hub{URL: "ws://127.0.0.1:1/{room}"}
	for want, spoil := range map[string]func(*Many){
		"--rooms: must be 1 to 1000000, got 0":                                           func(m *Many) { m.Rooms = 0 },
		"--members: must be 1 or more, in all rooms together up to 10000000, got 666667": func(m *Many) { m.Members = 666667 },
		"--rooms-per-member: must be a divisor of --rooms, which is 15, got 4":           func(m *Many) { m.Each = 4 },
		"--rooms-per-member: must be a divisor of --rooms, which is 15, got 0":           func(m *Many) { m.Each = 0 },
		"--rate: must be more than 0, got 0":                                             func(m *Many) { m.Rate = 0 },
		"--rate: the run would have 75000015 messages, at most 20000000 are possible":    func(m *Many) { m.Rate = 1e7 },
		"--payload: must be 20 or more, got 0":                                           func(m *Many) { m.Payload = 0 },
	} {
		m := manyTo(h)
		require.NoError(t, m.Validate())
		spoil(m)
		assert.EqualError(t, m.Validate(), want)
	}
}
