package bench

import (
	"bytes"
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/internal/fakeserver"
)

// noSelfTo returns a run in which two members of each room send, against a hub that sends them no copy.
func noSelfTo(t *testing.T) (*fakeserver.Hub, *Fan) {
	h := fakeserver.NewHub(t)
	h.SkipSenders()
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.NoSelf, traffic.Drain = true, Duration(300*time.Millisecond)
	return h, &Fan{Traffic: traffic, Rooms: 2, Members: 4, Senders: 2, Rate: 100}
}

func TestWithoutACopyForTheSenderEachMessageHasOneDeliveryLess(t *testing.T) {
	t.Parallel()
	_, fan := noSelfTo(t)
	r := measured(t, fan)
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 100, r.Sent)
	assert.EqualValues(t, 3*r.Sent, r.Delivered, "the senders receive each other's messages")
}

func TestACopyForTheSenderFailsARunThatExpectsNone(t *testing.T) {
	t.Parallel()
	fan := &Fan{Traffic: trafficTo(fakeserver.NewHub(t), 500*time.Millisecond), Rooms: 1, Members: 3, Senders: 1, Rate: 100}
	fan.NoSelf = true
	r := measured(t, fan)
	assert.Equal(t, []string{"50 messages came back to their sender, which --no-self and --speak=pusher exclude"}, r.Failures)
}

func TestAMessageLostByAMemberThatDoesNotSendIsCountedWithoutCopiesToo(t *testing.T) {
	t.Parallel()
	h, fan := noSelfTo(t)
	lost := false
	h.OnDeliver(func(number, _ int, payload []byte) [][]byte {
		if number == 7 && !lost {
			lost = true
			return nil
		}
		return [][]byte{payload}
	})
	r := measured(t, fan)
	assert.Equal(t, []string{"1 deliveries lost"}, r.Failures)
}

// The numbers of the server have holes for a sender, and for nobody else.
func TestTheServersNumbersAreNotCheckedForAMemberThatMissesItsOwn(t *testing.T) {
	t.Parallel()
	h, fan := noSelfTo(t)
	seq := 0 // of the room, probes included
	h.BeforeEach(func(int) { seq++ })
	h.OnDeliver(func(_, _ int, payload []byte) [][]byte {
		return [][]byte{append(bytes.Clone(payload), `,"seq":`+strconv.Itoa(seq)+`}`...)}
	})
	fan.Rooms = 1
	r := measured(t, fan)
	assert.Empty(t, r.Failures)
}

func TestARoomOfOneIsRejectedIfTheSenderGetsNoCopy(t *testing.T) {
	_, fan := noSelfTo(t)
	fan.Members, fan.Senders = 1, 1
	assert.EqualError(t, fan.Validate(), "--members: a room of 1 has nobody to receive a message, because the sender gets no copy")
}

// pusherTo returns options for a hub that speaks the Pusher Channels protocol.
func pusherTo(h *fakeserver.Hub) Traffic {
	h.SkipSenders()
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.Speak, traffic.App = "pusher", fakeserver.AppKey+":"+fakeserver.AppSecret
	return traffic
}

func TestMembersOfChannelsSubscribeWithASignatureAndPublishClientEvents(t *testing.T) {
	t.Parallel()
	r := measured(t, &Fan{Traffic: pusherTo(fakeserver.NewHub(t)), Rooms: 2, Members: 3, Senders: 1, Rate: 100})
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 2*r.Sent, r.Delivered)
	assert.EqualValues(t, 100, r.Sent)
}

func TestAConnectionIsInManyChannels(t *testing.T) {
	t.Parallel()
	r := measured(t, &Many{Traffic: pusherTo(fakeserver.NewHub(t)), Rooms: 8, Members: 3, Each: 4, Rate: 10})
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 2*r.Sent, r.Delivered)
}

func TestAnInvalidAppIsRejected(t *testing.T) {
	for _, app := range []string{"", "key", "key:", ":secret"} {
		fan := Fan{Traffic: pusherTo(fakeserver.NewHub(t)), Rooms: 1, Members: 2, Senders: 1, Rate: 1}
		fan.App = app
		assert.EqualError(t, fan.Validate(), "--app: must be KEY:SECRET", app)
	}
}

// So their subscriptions are part of the memory that is measured.
func TestIdleConnectionsAreSubscribedBeforeTheyAreMeasured(t *testing.T) {
	traffic := pusherTo(fakeserver.NewHub(t))
	idle := &Idle{Options: traffic.Options, Members: 2}
	g, err := idle.group(idle.Members)
	require.NoError(t, err)
	defer g.stop()
	for _, n := range []int{1, 6} {
		_, err = g.grow(t.Context(), n)
		require.NoError(t, err)
		assert.EqualValues(t, n, g.talk.Joined())
	}
}

func TestIdleConnectionsThatAreNotSubscribedAreAnError(t *testing.T) {
	t.Parallel()
	traffic := pusherTo(fakeserver.NewHub(t))
	traffic.App = fakeserver.AppKey + ":wrong"
	idle := &Idle{Options: traffic.Options, Members: 2}
	g, err := idle.group(idle.Members)
	require.NoError(t, err)
	defer g.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = g.grow(ctx, 1)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestTheSmallestRoomsOfZipfHaveAReceiver(t *testing.T) {
	t.Parallel()
	z := Zipf{Traffic: pusherTo(fakeserver.NewHub(t)), Rooms: 5, Connections: 12, Exponent: 1, Rate: 20}
	require.NoError(t, z.Validate())
	sizes := z.plan().Sizes
	assert.ElementsMatch(t, []int{3, 3, 2, 2, 2}, sizes)
	r := measured(t, &z)
	assert.Empty(t, r.Failures)
	z.Connections = 9
	assert.EqualError(t, z.Validate(), "--connections: must be at least 2 per room, up to 10000000, got 9")
}
