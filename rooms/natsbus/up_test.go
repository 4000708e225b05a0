package natsbus

import (
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

// brokerCluster is a cluster of three brokers. Each has its number as its tag.
type brokerCluster struct {
	folder  string
	brokers [3]*server.Server
	ports   [3]int // for the other brokers
}

func startBrokers(t *testing.T) *brokerCluster {
	t.Helper()
	c := &brokerCluster{folder: t.TempDir()}
	for i := range c.brokers {
		c.start(t, i)
	}
	require.Eventually(t, func() bool { return c.brokers[0].JetStreamIsCurrent() && c.hasLeader() }, wait, tick)
	return c
}

func (c *brokerCluster) hasLeader() bool {
	for _, b := range c.brokers {
		if b.JetStreamIsLeader() {
			return true
		}
	}
	return false
}

// start starts a broker, or starts it again. All know the address of the first.
func (c *brokerCluster) start(t *testing.T, i int) {
	t.Helper()
	if c.ports[i] == 0 {
		c.ports[i] = server.RANDOM_PORT
	}
	options := &server.Options{
		ServerName: fmt.Sprint("broker", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: filepath.Join(c.folder, fmt.Sprint(i)), Tags: []string{fmt.Sprint(i)},
		Cluster: server.ClusterOpts{Name: "plenum", Host: "127.0.0.1", Port: c.ports[i]},
	}
	if i > 0 {
		options.Routes = []*url.URL{{Scheme: "nats", Host: c.brokers[0].ClusterAddr().String()}}
	} else {
		options.Routes = []*url.URL{{Scheme: "nats", Host: "127.0.0.1:1"}} // not reached; makes it part of a cluster
	}
	b, err := server.NewServer(options)
	require.NoError(t, err)
	b.Start()
	require.True(t, b.ReadyForConnections(wait))
	c.ports[i] = b.ClusterAddr().Port
	t.Cleanup(func() { b.Shutdown(); b.WaitForShutdown() })
	c.brokers[i] = b
}

// createOn creates a stream of a node that has one copy, on a broker. The brokers' leader refuses until it knows that broker.
func (c *brokerCluster) createOn(t *testing.T, i int, s *stream) {
	t.Helper()
	js := jetStreamOf(t, c.brokers[0].ClientURL())
	require.EventuallyWithT(t, func(retry *assert.CollectT) {
		_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
			Name: s.name, Subjects: []string{s.in + "*", s.probes + "*"}, Replicas: 1, Placement: &jetstream.Placement{Tags: []string{fmt.Sprint(i)}},
		})
		assert.NoError(retry, err)
	}, wait, tick)
}

func TestTheRoomsOfOtherStreamsGoOnWhileOneStreamHasNoLeader(t *testing.T) {
	t.Parallel()
	c := startBrokers(t)
	for i, s := range newStreams(2) {
		c.createOn(t, i, s)
	}
	log := new(lockedLog)
	n := startNodeWith(t, Config{URL: c.brokers[0].ClientURL(), History: someHistory, Streams: 2, Logger: slog.New(slog.NewTextHandler(log, nil))})
	require.Eventually(t, func() bool { return n.Away() == nil }, wait, tick)
	room := [2]string{}
	for i := 0; room[0] == "" || room[1] == ""; i++ {
		name := fmt.Sprint("room", i)
		room[n.streamOf(name).number] = name
	}
	readers := [2]*reader{}
	for i := range readers {
		readers[i], _ = n.join(t, room[i], "Alex", nil)
		require.NoError(t, n.publish(room[i], "before").wait(t).err)
	}
	c.brokers[1].Shutdown()
	c.brokers[1].WaitForShutdown()
	require.Eventually(t, func() bool { return n.Away() != nil }, wait, tick)
	assert.Equal(t, []string{"PLENUM-2-1"}, n.Away())
	assert.True(t, n.Up())
	assert.True(t, log.has("nats: stream takes no messages"))
	assert.True(t, log.has("stream=PLENUM-2-1"))
	assert.False(t, log.has("nats: brokers unavailable"))
	require.ErrorIs(t, n.publish(room[1], "refused").wait(t).err, rooms.ErrBus)
	require.NoError(t, n.publish(room[0], "meanwhile").wait(t).err)
	page, err := n.directory.Rooms(t.Context(), "", 10)
	require.NoError(t, err)
	assert.True(t, page.Incomplete, "the rooms that only the stream has are not known")
	assert.Len(t, page.Rooms, 2)

	c.start(t, 1)
	require.Eventually(t, func() bool { return n.Away() == nil }, 2*wait, tick)
	assert.True(t, log.has("nats: stream takes messages again"))
	for i := range readers {
		require.NoError(t, n.publish(room[i], "after").wait(t).err)
		require.Eventually(t, func() bool { return len(readers[i].messages()) == 3-i }, wait, tick)
		assert.Empty(t, readers[i].closeReason())
	}
	stats := n.Stats()
	assert.EqualValues(t, 1, stats[Downs])
	assert.Zero(t, stats[Rollbacks]+stats[Ended])
}

func TestANodeThatStartsWhileOneStreamHasNoLeaderServesTheOthers(t *testing.T) {
	t.Parallel()
	c := startBrokers(t)
	for i, s := range newStreams(2) {
		c.createOn(t, i, s)
	}
	c.brokers[1].Shutdown()
	c.brokers[1].WaitForShutdown()
	n, log := startLoggedNode(t, Config{URL: c.brokers[0].ClientURL(), History: someHistory, Streams: 2})
	require.Eventually(t, n.Up, wait, tick)
	assert.Equal(t, []string{"PLENUM-2-1"}, n.Away())
	require.Eventually(t, func() bool { return log.has("nats: brokers available") }, wait, tick)
	require.Eventually(t, func() bool { return log.has("stream=PLENUM-2-1") }, wait, tick)
}
