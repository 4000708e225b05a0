package rooms

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// spanningNode is a room that spans nodes, with the member Béa, in fake time until the test ends.
type spanningNode struct {
	*Hub
	bus     *testBus
	room    *Room
	changes atomic.Int32 // how often the result of Room.Names has changed
	bea     *sink
}

const thisNode = 5

func newSpanningNode(t *testing.T, limit int) *spanningNode {
	n := &spanningNode{bus: &testBus{retained: []Batch{batchOf(t, 1)}}}
	n.Hub = New(Config{AnnounceLimit: limit, Anonymous: "Anonymous", Workers: 1, Bus: n.bus})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.Serve(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	release, err := n.Open(t.Context(), "a", nil)
	require.NoError(t, err)
	n.room, _ = n.bus.followed()
	n.room.SetNode(thisNode, func() { n.changes.Add(1) })
	n.bea = n.joinNow(t, "Béa")
	release()
	return n
}

func (n *spanningNode) joinNow(t *testing.T, name string) *sink {
	s := newSink(name)
	require.NoError(t, n.Join(&s.member, "a", s, time.Now().UnixMilli()))
	return s
}

func (s *sink) leaveNow() { s.member.Leave(time.Now().UnixMilli()) }

// setOther sets the number of members and the names of another node.
func (n *spanningNode) setOther(node uint64, members int, names Names) {
	n.room.ExchangeCounts(members, true)
	n.room.SetRemoteNames(map[uint64]Names{node: names}, time.Now().UnixMilli())
}

// announcements returns the announcements since its last call. It waits for pending ones, for 200
// ms.
func (n *spanningNode) announcements(t *testing.T) (texts []string) {
	t.Helper()
	time.Sleep(2 * digestPeriod / digestParts)
	synctest.Wait()
	n.bus.mu.Lock()
	defer n.bus.mu.Unlock()
	s := newSink("")
	for i, b := range n.bus.published {
		s.got = s.got[:0]
		_, _ = s.WriteFrames(n.cfg.Frame(nil, []byte(b), uint64(i+1)))
		texts = append(texts, s.texts(t)...)
	}
	n.bus.published = nil
	return texts
}

func TestAJoinIsAnnouncedAfterTheOtherNodesHadTimeToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newSpanningNode(t, 100)
		assert.Empty(t, n.bus.published)
		assert.Equal(t, Names{"Béa": Joining}, n.room.Names())
		assert.Equal(t, []string{"System: Béa joined the room"}, n.announcements(t))
		assert.Equal(t, Names{"Béa": Owner}, n.room.Names())
		assert.EqualValues(t, 2, n.changes.Load())

		n.setOther(9, 1, Names{"Alex": Owner})
		alex := n.joinNow(t, "Alex")
		assert.Empty(t, n.announcements(t))
		assert.Equal(t, Names{"Béa": Owner, "Alex": Covered}, n.room.Names())
		alex.leaveNow()
		assert.Empty(t, n.announcements(t), "Alex is at the other node")

		alex = n.joinNow(t, "Alex")
		_ = n.announcements(t)
		n.setOther(9, 0, Names{"Alex": Leaving})
		assert.Empty(t, n.announcements(t))
		assert.Equal(t, Names{"Béa": Owner, "Alex": Owner}, n.room.Names(), "it has become the Owner")
		n.setOther(9, 0, nil)
		alex.leaveNow()
		assert.Equal(t, []string{"System: Alex left the room"}, n.announcements(t))
	})
}

func TestOnSeveralNodesAJoinIsAnnouncedBeforeTheMembersFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newSpanningNode(t, 100)
		_, _ = n.joinNow(t, "Alex"), n.announcements(t)
		first, second := n.joinNow(t, "Cid"), n.joinNow(t, "Cid")
		for _, s := range []*sink{second, first} {
			s.member.Publish(bodyBy(t, "Cid", "hi"), time.Now().UnixMilli(), nil)
		}
		assert.Equal(t, []string{"System: Cid joined the room", "Cid: hi", "Cid: hi"}, n.announcements(t))

		n.setOther(9, 1, Names{"Dora": Owner})
		n.joinNow(t, "Dora").member.Publish(bodyBy(t, "Dora", "hi"), time.Now().UnixMilli(), nil)
		assert.Equal(t, []string{"Dora: hi"}, n.announcements(t))
	})
}

func TestARoomStaysUntilItsLeavesAreAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newSpanningNode(t, 100)
		_ = n.announcements(t)
		n.setOther(9, 1, Names{"Alex": Owner})
		n.bea.leaveNow()
		_, unfollowed := n.bus.followed()
		assert.Zero(t, unfollowed)
		assert.Equal(t, []string{"System: Béa left the room"}, n.announcements(t))
		_, unfollowed = n.bus.followed()
		assert.Equal(t, 1, unfollowed)
		require.NoError(t, n.Check())
	})
}

func TestNothingIsAnnouncedToAnEmptyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newSpanningNode(t, 100)
		alex := n.joinNow(t, "Alex")
		_ = n.announcements(t)
		alex.leaveNow()
		n.bea.leaveNow()
		assert.Empty(t, n.announcements(t))
		_, unfollowed := n.bus.followed()
		assert.Equal(t, 1, unfollowed)
	})
}

func TestAStoppingNodeAnnouncesPendingLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newSpanningNode(t, 100)
		alex := n.joinNow(t, "Alex")
		_ = n.announcements(t)
		n.setOther(9, 1, Names{"Alex": Covered})
		alex.leaveNow()
		n.bea.leaveNow()
		n.AnnouncePending(time.Now().UnixMilli())
		assert.Len(t, n.bus.published, 1, "the other node becomes the Owner of Alex")
		assert.Contains(t, n.bus.published[0], "Béa left")
	})
}

func TestPendingJoinsGoIntoTheDigestIfTheRoomGrowsPastTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newSpanningNode(t, 2)
		_ = n.announcements(t)
		_ = n.joinNow(t, "Alex")
		n.setOther(9, 5, nil)
		time.Sleep(digestPeriod)
		assert.Equal(t, []string{"System: 1 joined, 0 left, 7 here"}, n.announcements(t))
		assert.Nil(t, n.room.Names())
	})
}
