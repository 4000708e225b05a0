package natsbus

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

func TestAMemberThatLosesItsNodeResumesAtAnother(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	a, b := startNode(t, broker.ClientURL(), someHistory), startNode(t, broker.ClientURL(), someHistory)
	r, position := a.join(t, "a", "Alex", nil)
	for i := range 10 {
		require.NoError(t, b.publish("a", fmt.Sprint(i)).wait(t).err)
	}
	require.Eventually(t, func() bool { return len(r.messages()) == 10 }, wait, tick)
	a.stop()
	for i := range 10 {
		require.NoError(t, b.publish("a", fmt.Sprint(10+i)).wait(t).err)
	}
	again, p := b.join(t, "a", "Alex", &rooms.Since{Epoch: position.Epoch, Seq: 10})
	assert.True(t, p.Recovered)
	assert.Equal(t, position.Epoch, p.Epoch)
	require.Eventually(t, func() bool { return len(again.messages()) == 10 }, wait, tick)
	for i, h := range append(r.messages(), again.messages()...) {
		assert.Equal(t, received{Sender: "Alex", Text: fmt.Sprint(i), Seq: uint64(i + 1)}, h)
	}
}

func TestANodeSubscribesOnlyToRoomsWithItsOwnMembers(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	a, b := startNode(t, broker.ClientURL(), someHistory), startNode(t, broker.ClientURL(), someHistory)
	r, _ := a.join(t, "a", "Alex", nil)
	other, _ := b.join(t, "b", "Bea", nil)
	for range 5 {
		require.NoError(t, b.publish("a", "from outside").wait(t).err)
	}
	require.Eventually(t, func() bool { return len(r.messages()) == 5 }, wait, tick)
	assert.EqualValues(t, 1, a.Stats()[Rooms])
	assert.EqualValues(t, 1, b.Stats()[Rooms])
	assert.Empty(t, other.messages())
	r.member.Leave(1)
	require.Eventually(t, func() bool { return a.Stats()[Rooms] == 0 }, wait, tick)
	require.NoError(t, b.publish("a", "nobody is there").wait(t).err)
	again, p := a.join(t, "a", "Alex", &rooms.Since{})
	assert.Equal(t, uint64(6), p.Seq)
	require.Eventually(t, func() bool { return len(again.messages()) == 6 }, wait, tick)
}

func TestAMessageCostsOneRoundTrip(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	r, _ := n.join(t, "a", "Alex", nil)
	before := n.Stats()
	for i := range 20 {
		require.NoError(t, n.publish("a", fmt.Sprint(i)).wait(t).err)
	}
	require.Eventually(t, func() bool { return len(r.messages()) == 20 }, wait, tick)
	after := n.Stats()
	assert.Equal(t, before[Batches]+20, after[Batches])
	assert.Equal(t, before[Conflicts], after[Conflicts])
	assert.Equal(t, before[Reads], after[Reads])
}

func TestMessagesThatWaitShareOneBatch(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	r, _ := n.join(t, "a", "Alex", nil)
	before := n.Stats()[Batches]
	var all []*receipt
	for i := range 2000 {
		all = append(all, n.publish("a", fmt.Sprint(i)))
	}
	for i, sent := range all {
		require.NoError(t, sent.wait(t).err)
		require.Equal(t, uint64(i+1), sent.seq)
	}
	require.Eventually(t, func() bool { return len(r.messages()) == 2000 }, wait, tick)
	assert.Less(t, n.Stats()[Batches]-before, int64(1000))
}

func TestMembersAreCountedOnAllNodes(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	a, b := startNode(t, broker.ClientURL(), someHistory), startNode(t, broker.ClientURL(), someHistory)
	members := func(n *testNode) int {
		info, _ := n.hub.Room("a")
		return info.Members
	}
	for i := range 3 {
		_, _ = a.join(t, "a", fmt.Sprint("a", i), nil)
	}
	r, _ := b.join(t, "a", "b0", nil)
	requireMembers := func(n int) {
		t.Helper()
		require.Eventually(t, func() bool { return members(a) == n && (members(b) == n || n == 3) }, wait, tick)
	}
	requireMembers(4)
	page, err := b.directory.Members(t.Context(), "a", "", 3)
	require.NoError(t, err)
	assert.Equal(t, rooms.MemberPage{Names: []string{"a0", "a1", "a2"}, More: true, Found: true}, page)
	page, err = a.directory.Members(t.Context(), "a", "a2", 3)
	require.NoError(t, err)
	assert.Equal(t, rooms.MemberPage{Names: []string{"b0"}, Found: true}, page)

	r.member.Leave(1)
	requireMembers(3)
	_, _ = b.join(t, "a", "b0", nil)
	requireMembers(4)
	b.Bus.mu.Lock() // b sends nothing any more, like a stopped process
	require.Eventually(t, func() bool { return members(a) == 3 }, wait, tick)
	b.Bus.mu.Unlock()
	requireMembers(4)
	_, _ = b.join(t, "other", "b0", nil)
	closed, all, err := a.directory.Kick(t.Context(), "a", "b0", 1008, "Kicked")
	require.NoError(t, err)
	assert.True(t, all)
	assert.Equal(t, 1, closed)
	list, err := a.directory.Rooms(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, list.Rooms, 2)
	assert.Equal(t, 4, list.Rooms[0].Members)
	assert.Equal(t, "other", list.Rooms[1].Room)
}

func TestWithoutABrokerMessagesAreRefusedAndMembersStay(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	broker := startBroker(t, 0, folder)
	n := startNode(t, broker.ClientURL(), someHistory)
	r, position := n.join(t, "a", "Alex", nil)
	require.NoError(t, n.publish("a", "before").wait(t).err)
	port := broker.Addr().(*net.TCPAddr).AddrPort().Port()
	broker.Shutdown()
	broker.WaitForShutdown()
	require.Eventually(t, func() bool { return !n.Up() }, wait, tick)
	sent := n.publish("a", "meanwhile")
	require.ErrorIs(t, sent.err, rooms.ErrBus, "refused at once")
	_, err := n.hub.Open(t.Context(), "b", nil)
	require.ErrorIs(t, err, rooms.ErrBus)
	again, p := n.join(t, "a", "Bea", &rooms.Since{Epoch: position.Epoch}) // the node's history can be read
	assert.True(t, p.Recovered)
	require.Eventually(t, func() bool { return len(again.messages()) == 1 }, wait, tick)

	startBroker(t, int(port), folder)
	require.Eventually(t, n.Up, 2*wait, tick)
	require.NoError(t, n.publish("a", "after").wait(t).err)
	require.Eventually(t, func() bool { return len(r.messages()) == 2 && len(again.messages()) == 2 }, wait, tick)
	assert.Equal(t, received{Sender: "Alex", Text: "after", Seq: 2}, r.messages()[1])
	assert.Empty(t, r.closed)
}

func TestLostBatchesAreReadFromTheStream(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	a, b := startNode(t, broker.ClientURL(), someHistory), startNode(t, broker.ClientURL(), someHistory)
	r, _ := a.join(t, "a", "Alex", nil)
	s := a.subjects.find("a")
	s.mu.Lock()
	sub := s.sub
	s.mu.Unlock()
	require.NoError(t, sub.Unsubscribe()) // no batch arrives any more
	require.NoError(t, a.serving.Load().conn.Flush())
	for i := range 3 {
		require.NoError(t, b.publish("a", fmt.Sprint(i)).wait(t).err)
	}
	assert.Empty(t, r.messages())
	s.on(evCheck)
	require.Eventually(t, func() bool { return len(r.messages()) == 3 }, wait, tick)
}

func TestARoomKeepsItsEpochAfterAPurgeOfTheStream(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	r, position := n.join(t, "a", "Alex", nil)
	require.NoError(t, n.publish("a", "before").wait(t).err)
	stream := streamOf(t, broker.ClientURL())
	require.NoError(t, stream.Purge(t.Context()))
	sent := n.publish("a", "after").wait(t)
	require.NoError(t, sent.err)
	assert.Equal(t, position.Epoch, sent.epoch.String())
	assert.Equal(t, uint64(2), sent.seq)
	require.Eventually(t, func() bool { return len(r.messages()) == 2 }, wait, tick)
}

func TestARoomStartsANewEpochIfTheStreamWasDeleted(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	a, b := startNode(t, broker.ClientURL(), someHistory), startNode(t, broker.ClientURL(), someHistory)
	first, position := a.join(t, "a", "Alex", nil)
	second, _ := b.join(t, "a", "Bea", nil)
	for range 3 {
		require.NoError(t, a.publish("a", "before").wait(t).err)
	}
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	require.NoError(t, js.DeleteStream(t.Context(), StreamName))
	for _, n := range []*testNode{a, b} { // as after a restart of the brokers without their store
		n.streams[0].wanted <- struct{}{}
	}
	for _, r := range []*reader{first, second} {
		require.Eventually(t, func() bool { return strings.HasPrefix(r.closeReason(), "1012 Restarting; retry in ") }, wait, tick)
		r.member.Leave(1)
	}
	again, p := a.join(t, "a", "Alex", &rooms.Since{Epoch: position.Epoch, Seq: 3})
	assert.True(t, p.Lost)
	assert.NotEqual(t, position.Epoch, p.Epoch)
	sent := b.publish("a", "after").wait(t)
	require.NoError(t, sent.err)
	assert.Equal(t, p.Epoch, sent.epoch.String())
	require.Eventually(t, func() bool { return len(again.messages()) == 1 }, wait, tick)
	assert.Equal(t, uint64(1), again.messages()[0].Seq)
}

func streamOf(t *testing.T, url string) jetstream.Stream {
	t.Helper()
	conn, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), StreamName)
	require.NoError(t, err)
	return stream
}

// A node that was cut off cannot know of messages that were published meanwhile and dropped again.
func TestNoNumberIsAssignedTwiceIfMissedMessagesWereDropped(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	a, b := startNode(t, broker.ClientURL(), someHistory), startNode(t, broker.ClientURL(), someHistory)
	_, position := a.join(t, "a", "Alex", nil)
	cutOff, _ := b.join(t, "a", "Bea", nil)
	require.NoError(t, a.publish("a", "received by both").wait(t).err)
	require.Eventually(t, func() bool { return len(cutOff.messages()) == 1 }, wait, tick)
	s := b.subjects.find("a")
	s.mu.Lock()
	sub := s.sub
	s.mu.Unlock()
	require.NoError(t, sub.Unsubscribe())
	require.NoError(t, b.serving.Load().conn.Flush())
	require.NoError(t, a.publish("a", "not received").wait(t).err)
	require.NoError(t, streamOf(t, broker.ClientURL()).Purge(t.Context()))
	b.streams[0].progress.joined.Store(int64(b.now())) // as after a reconnect
	s.on(evCheck)
	require.Eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.state.read.state == idle }, wait, tick)
	sent := b.publish("a", "after").wait(t)
	require.NoError(t, sent.err)
	assert.NotEqual(t, position.Epoch, sent.epoch.String())
	require.Eventually(t, func() bool { return cutOff.closeReason() != "" }, wait, tick, "the member has to reconnect to the new epoch")
}

// A node that receives the room's batches asks for no acknowledgement at first.
func TestAMessageIsPublishedAlthoughItsCopyIsLost(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	alex, _ := n.join(t, "a", "Alex", nil)
	require.NoError(t, n.publish("a", "first").wait(t).err)
	s := n.subjects.find("a")
	s.mu.Lock()
	sub := s.sub
	s.mu.Unlock()
	require.NoError(t, sub.Unsubscribe())
	for i, text := range []string{"second", "third"} {
		sent := n.publish("a", text).wait(t)
		require.NoError(t, sent.err)
		assert.EqualValues(t, i+2, sent.seq)
	}
	require.Eventually(t, func() bool { return len(alex.messages()) == 3 }, wait, tick)
	assert.Equal(t, "third", alex.messages()[2].Text)
	state, err := streamOf(t, broker.ClientURL()).Info(t.Context(), jetstream.WithSubjectFilter(inPrefix+"*"))
	require.NoError(t, err)
	assert.EqualValues(t, 4, state.State.Subjects[inPrefix+token("a")], "the beginning of the epoch, and each message once")
}
