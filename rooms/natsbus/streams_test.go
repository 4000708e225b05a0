package natsbus

import (
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jetStreamOf returns the JetStream of a broker.
func jetStreamOf(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

func streamNames(t *testing.T, js jetstream.JetStream) (names []string) {
	t.Helper()
	list := js.StreamNames(t.Context())
	for name := range list.Name() {
		names = append(names, name)
	}
	require.NoError(t, list.Err())
	return names
}

// Nodes of all versions must find a room in the same stream.
func TestTheStreamOfARoomDependsOnItsNameOnly(t *testing.T) {
	b, err := New(Config{URL: "nats://nowhere", Streams: 4})
	require.NoError(t, err)
	for room, number := range map[string]int{"": 1, "a": 0, "lobby": 3, "Grüße": 0} {
		assert.Equal(t, number, b.streamOf(room).number, room)
		h := fnv.New32a()
		_, _ = h.Write([]byte(room)) // never fails
		assert.EqualValues(t, h.Sum32()%4, number, "FNV-1a")
	}
	rooms := make([]int, 4)
	for i := range 1000 {
		rooms[b.streamOf(fmt.Sprint("room ", i)).number]++
	}
	for _, n := range rooms {
		assert.InDelta(t, 250, n, 60, "%v", rooms)
	}
}

func TestOneStreamHasTheNamesOfVersion1(t *testing.T) {
	one, s := newStreams(1), newStreams(2)[1]
	assert.Equal(t, "PLENUM plenum.in. plenum.room. plenum.probe. $JS.API.DIRECT.GET.PLENUM $JS.API.STREAM.MSG.GET.PLENUM",
		fmt.Sprint(one[0].name, " ", one[0].in, " ", one[0].rooms, " ", one[0].probes, " ", one[0].direct, " ", one[0].leader))
	assert.Equal(t, "PLENUM-2-1 plenum.in2.1. plenum.room2. plenum.probe2.1. $JS.API.DIRECT.GET.PLENUM-2-1 $JS.API.STREAM.MSG.GET.PLENUM-2-1",
		fmt.Sprint(s.name, " ", s.in, " ", s.rooms, " ", s.probes, " ", s.direct, " ", s.leader))
	for _, s := range newStreams(2) {
		room, kind, ok := roomSubject(s.rooms + token("a.b") + "." + kindBatch)
		assert.True(t, ok)
		assert.Equal(t, []string{"a.b", kindBatch}, []string{room, kind})
	}
	for _, wrong := range []int{-1, maxStreams + 1} {
		_, err := New(Config{URL: "nats://nowhere", Streams: wrong})
		assert.Error(t, err)
	}
}

func TestRoomsAreSpreadOverTheStreams(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	cfg := Config{URL: broker.ClientURL(), History: someHistory, Streams: 3}
	a, b := startNodeWith(t, cfg), startNodeWith(t, cfg)
	const rooms = 12
	readers := make([]*reader, rooms)
	for i := range rooms {
		room := fmt.Sprint("room", i)
		readers[i], _ = b.join(t, room, "Bea", nil)
		for k := range 3 {
			sent := a.publish(room, fmt.Sprint(room, " ", k)).wait(t) // node a has no members
			require.NoError(t, sent.err)
			assert.EqualValues(t, k+1, sent.seq)
		}
		require.NoError(t, b.publish(room, "of node b").wait(t).err)
	}
	for i, r := range readers {
		require.Eventually(t, func() bool { return len(r.messages()) == 4 }, wait, tick)
		for k, m := range r.messages()[:3] {
			assert.Equal(t, fmt.Sprint("room", i, " ", k), m.Text)
		}
	}
	js := jetStreamOf(t, broker.ClientURL())
	assert.ElementsMatch(t, []string{"PLENUM-3-0", "PLENUM-3-1", "PLENUM-3-2"}, streamNames(t, js))
	stored := 0
	for _, s := range a.streams {
		found, err := js.Stream(t.Context(), s.name)
		require.NoError(t, err)
		info, err := found.Info(t.Context(), jetstream.WithSubjectFilter(s.in+"*"))
		require.NoError(t, err)
		assert.NotEmpty(t, info.State.Subjects, s.name)
		stored += len(info.State.Subjects)
	}
	assert.Equal(t, rooms, stored)
	page, err := a.directory.Rooms(t.Context(), "", 100)
	require.NoError(t, err)
	assert.Len(t, page.Rooms, rooms)
	stats := a.Stats()
	assert.Zero(t, stats[Rollbacks]+stats[Ended])
}

func TestANodeWithAnotherNumberOfStreamsDoesNotJoin(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNodeWith(t, Config{URL: broker.ClientURL(), History: someHistory, Streams: 2})
	n.join(t, "a", "Alex", nil)
	other, log := startLoggedNode(t, Config{URL: broker.ClientURL(), History: someHistory})
	require.Eventually(t, func() bool {
		return log.has("of another --cluster-streams has messages, this node has --cluster-streams 1")
	}, wait, tick)
	assert.False(t, other.Up())
	assert.True(t, n.Up())
	require.NoError(t, n.publish("a", "hello").wait(t).err)
	assert.ElementsMatch(t, []string{"PLENUM-2-0", "PLENUM-2-1"}, streamNames(t, jetStreamOf(t, broker.ClientURL())))
}

// Two nodes that are started at once may both find no streams.
func TestANodeDoesNotJoinWhileANodeWithAnotherNumberOfStreamsIsRunning(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	stop := beatAs(t, broker.ClientURL(), "other", protocol{wireVersion, oldestWire, 4})
	n, log := startLoggedNode(t, Config{URL: broker.ClientURL(), History: someHistory})
	require.Eventually(t, func() bool { return log.has("it has --cluster-streams 4, this node has 1") }, wait, tick)
	assert.False(t, n.Up())
	stop()
	require.Eventually(t, n.Up, wait, tick)
}

func TestAnotherNumberOfStreamsBeginsNewEpochsWhenTheOldStreamsAreEmpty(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	before := startNodeWith(t, Config{URL: broker.ClientURL(), History: someHistory})
	_, position := before.join(t, "a", "Alex", nil)
	require.NoError(t, before.publish("a", "hello").wait(t).err)
	before.stop()
	n, log := startLoggedNode(t, Config{URL: broker.ClientURL(), History: someHistory, Streams: 2})
	require.Eventually(t, func() bool { return log.has("has messages") }, wait, tick)
	assert.False(t, n.Up())
	js := jetStreamOf(t, broker.ClientURL())
	old, err := js.Stream(t.Context(), StreamName)
	require.NoError(t, err)
	require.NoError(t, old.Purge(t.Context())) // as by age
	require.Eventually(t, n.Up, wait, tick)
	assert.ElementsMatch(t, []string{"PLENUM-2-0", "PLENUM-2-1"}, streamNames(t, js))
	after := startNodeWith(t, Config{URL: broker.ClientURL(), History: someHistory, Streams: 2})
	_, again := after.join(t, "a", "Alex", nil)
	assert.NotEqual(t, position.Epoch, again.Epoch)
	assert.Zero(t, again.Seq)
}

func TestTheRoomsOfAStreamThatWasReplacedStartAgain(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNodeWith(t, Config{URL: broker.ClientURL(), History: someHistory, Streams: 2})
	var readers [2]*reader
	for i := 0; readers[0] == nil || readers[1] == nil; i++ {
		room := fmt.Sprint("room", i)
		if s := n.streamOf(room); readers[s.number] == nil {
			readers[s.number], _ = n.join(t, room, "Alex", nil)
		}
	}
	require.NoError(t, jetStreamOf(t, broker.ClientURL()).DeleteStream(t.Context(), n.streams[1].name))
	n.streams[1].request()
	require.Eventually(t, func() bool { return readers[1].closeReason() != "" }, wait, tick)
	assert.Empty(t, readers[0].closeReason(), "the other stream has lost nothing")
}
