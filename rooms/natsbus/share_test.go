package natsbus

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/rooms"
	"plenum/rooms/natsbus/internal/query"
)

// twoHubs is a node with another hub beside the usual one.
type twoHubs struct {
	*testNode

	other      *rooms.Hub
	otherRooms Directory
}

func startTwoHubs(t *testing.T, url string) twoHubs {
	t.Helper()
	cfg := Config{URL: url, History: someHistory, Logger: slog.New(slog.DiscardHandler)}
	b, err := New(cfg)
	require.NoError(t, err)
	newHub := func(share *Share) (*rooms.Hub, Directory) {
		hub := rooms.New(rooms.Config{AnnounceLimit: -1, History: someHistory, Bus: share, Gap: codec.AppendGap})
		return hub, share.Attach(hub)
	}
	n := twoHubs{testNode: &testNode{Bus: b}}
	n.hub, n.directory = newHub(b.Share(""))
	n.other, n.otherRooms = newHub(b.Share("other"))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.hub.Serve(ctx) })
	running.Go(func() { n.other.Serve(ctx) })
	running.Go(func() { assert.NoError(t, b.Serve(ctx, t.Name())) })
	t.Cleanup(func() { cancel(); running.Wait() })
	require.Eventually(t, b.Up, wait, tick)
	return n
}

func TestHubsThatShareABusHaveTheirOwnRooms(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	first := startNode(t, broker.ClientURL(), someHistory)
	a, b := startTwoHubs(t, broker.ClientURL()), startTwoHubs(t, broker.ClientURL())
	_, _ = first.join(t, "native", "Ada", nil)
	other := &testNode{Bus: b.Bus, hub: b.other}
	r, _ := other.join(t, "native", "Bea", nil)
	for _, room := range []string{"native", "stored"} {
		require.NoError(t, publishTo(a.hub, room, "hi").wait(t).err)
	}
	for _, room := range []string{"native", "stored too"} {
		require.NoError(t, publishTo(a.other, room, "hi").wait(t).err)
	}
	require.Eventually(t, func() bool { return len(r.messages()) == 1 }, wait, tick)

	names := func(d Directory) (names []string) {
		page, err := d.Rooms(t.Context(), "", 10)
		require.NoError(t, err)
		require.False(t, page.More)
		for _, room := range page.Rooms {
			names = append(names, room.Room)
		}
		return names
	}
	assert.Equal(t, []string{"native", "stored"}, names(a.directory))
	assert.Equal(t, []string{"native", "stored too"}, names(a.otherRooms))

	members, err := a.otherRooms.Members(t.Context(), "native", "", 10)
	require.NoError(t, err)
	assert.Equal(t, rooms.MemberPage{Names: []string{"Bea"}, Found: true}, members)
	history, found, err := a.otherRooms.Messages(t.Context(), "stored too", nil, 10, time.Now().UnixMilli())
	require.NoError(t, err)
	assert.True(t, found)
	assert.Len(t, history.Messages, 1)
	closed, all, err := a.directory.Kick(t.Context(), "native", "Bea", 1008, "Kicked")
	require.NoError(t, err)
	assert.True(t, all)
	assert.Zero(t, closed, "the room belongs to the other hub")
	closed, _, err = a.otherRooms.Kick(t.Context(), "native", "Bea", 1008, "Kicked")
	require.NoError(t, err)
	assert.Equal(t, 1, closed)
}

func TestTheLogHasNamesThatCanBeRead(t *testing.T) {
	b := new(Bus)
	assert.Equal(t, "7/news", loggedName(b.Share("").prefix+"7/news"))
	assert.Equal(t, "channels/7/news", loggedName(b.Share("channels").prefix+"7/news"))
}

func TestARoomIsNotReportedAsEmptyWhileANodeIsSilent(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startTwoHubs(t, broker.ClientURL())
	_, found, err := n.directory.Room(t.Context(), "a")
	require.NoError(t, err)
	require.False(t, found)
	t.Cleanup(beatAs(t, broker.ClientURL(), "silent", protocol{1, 1, 1}))
	require.Eventually(t, func() bool { return n.Stats()[Nodes] == 2 }, wait, tick)
	_, _, err = n.directory.Room(t.Context(), "a")
	require.ErrorIs(t, err, rooms.ErrBus)
}

// A node of an older version knows no shares, and takes each question for one about its own rooms.
func TestOlderNodesDoNotMixTheirRoomsWithThoseOfAShare(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startTwoHubs(t, broker.ClientURL())
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	var kick atomic.Pointer[query.Question]
	_, err = conn.Subscribe(askSubject, func(m *nats.Msg) {
		var q query.Question
		if json.Unmarshal(m.Data, &q) == nil && q.Kind == query.Kick {
			kick.Store(&q)
		}
		_ = m.Respond([]byte(`{"node":77,"name":"old","rooms":[{"Room":"a","Members":1,"Here":1,"Seq":1,"Epoch":"e"}],"more":true}`))
	})
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
	t.Cleanup(beatAs(t, broker.ClientURL(), "old", protocol{1, 1, 1}))
	require.Eventually(t, func() bool { return n.Stats()[Nodes] == 2 }, wait, tick)
	page, err := n.otherRooms.Rooms(t.Context(), "", 2)
	require.NoError(t, err)
	assert.Empty(t, page.Rooms)
	assert.False(t, page.More)
	assert.False(t, page.Incomplete, "the node has answered")
	page, err = n.directory.Rooms(t.Context(), "", 2)
	require.NoError(t, err)
	assert.Len(t, page.Rooms, 1)
	_, _, err = n.otherRooms.Kick(t.Context(), "a", "Ada", 1008, "Kicked")
	require.NoError(t, err)
	require.NotNil(t, kick.Load())
	assert.Equal(t, "other\x00a", kick.Load().Room, "the node has no room of this name")
}
