package rooms

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// diary is an Observer that notes what it is told. Rooms that begin with "presence" are observed with their names, and
// rooms that begin with "quiet" not at all.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) Observes(room string) (members, names bool) {
	return !strings.HasPrefix(room, "quiet"), strings.HasPrefix(room, "presence")
}

func (d *diary) Observe(room, name string, joined bool, _ int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	sign := "-"
	if joined {
		sign = "+"
	}
	d.lines = append(d.lines, sign+room+" "+name)
}

// after returns what the Observer was told within the next period.
func (d *diary) after(period time.Duration) (lines []string) {
	time.Sleep(period)
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	lines, d.lines = d.lines, nil
	return lines
}

func newDiary(t *testing.T) (*Hub, *diary) {
	d := new(diary)
	return serveWith(t, Config{AnnounceLimit: 10, Anonymous: "Anonymous", Workers: 1, Observer: d}), d
}

func joinRoom(t *testing.T, h *Hub, room, name string) *sink {
	s := newSink(name)
	require.NoError(t, h.Join(&s.member, room, s, time.Now().UnixMilli()))
	return s
}

const (
	soon  = 250 * time.Millisecond
	grace = observerGrace + soon
)

func TestTheObserverIsToldOfTheFirstAndTheLastMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d := newDiary(t)
		first, second := joinRoom(t, h, "a", "Alex"), joinRoom(t, h, "a", "Béa")
		assert.Equal(t, []string{"+a "}, d.after(soon))
		first.leaveNow()
		assert.Empty(t, d.after(grace))
		second.leaveNow()
		assert.Empty(t, d.after(observerGrace-soon))
		assert.Equal(t, []string{"-a "}, d.after(2*soon))
		_, found := h.Room("a")
		assert.False(t, found, "the room has ended")
		_ = joinRoom(t, h, "quiet", "Alex")
		assert.Empty(t, d.after(soon))
		require.NoError(t, h.Check())
	})
}

func TestAMemberThatIsBackWithinThreeSecondsHasNotLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d := newDiary(t)
		m := joinRoom(t, h, "presence", "Alex")
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, d.after(soon))
		for range 5 {
			m.leaveNow()
			assert.Empty(t, d.after(2900*time.Millisecond))
			m = joinRoom(t, h, "presence", "Alex")
			assert.Empty(t, d.after(grace))
		}
		m.leaveNow()
		assert.Equal(t, []string{"-presence Alex", "-presence "}, d.after(grace))
	})
}

func TestANameIsReportedForItsFirstConnectionAndItsLastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d := newDiary(t)
		keeps := joinRoom(t, h, "presence", "Anonymous")
		listens := listener{newSink("Lea")}
		require.NoError(t, h.Join(&listens.member, "presence", listens, time.Now().UnixMilli()))
		one, two := joinRoom(t, h, "presence", "Alex"), joinRoom(t, h, "presence", "Alex")
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, d.after(soon))
		one.leaveNow()
		assert.Empty(t, d.after(grace))
		two.leaveNow()
		assert.Equal(t, []string{"-presence Alex"}, d.after(grace))
		keeps.leaveNow()
		assert.Empty(t, d.after(grace))
		listens.leaveNow()
		assert.Equal(t, []string{"-presence "}, d.after(grace))
	})
}

// A join is reported after 100 ms, because the nodes of a cluster have to agree on the one that reports it. A member that has
// left by then was never there for the Observer, so its leave is not reported either.
func TestAMemberThatLeavesBeforeItsJoinIsReportedIsNotReportedAtAll(t *testing.T) {
	const moment = 90 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		h, d := newDiary(t)
		visitor := joinRoom(t, h, "presence", "Alex")
		assert.Empty(t, d.after(moment))
		visitor.leaveNow()
		assert.Empty(t, d.after(2*grace))

		c := newObservedCluster(t, 2)
		a, b := c.nodes[0], c.nodes[1]
		visitor = a.join(t, "Alex")
		assert.Empty(t, append(a.after(moment), b.after(0)...))
		visitor.leaveNow()
		assert.Empty(t, append(a.after(2*grace), b.after(0)...))
		_ = b.join(t, "Alex")
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, append(b.after(soon), a.after(0)...))
	})
}

func TestNoNamesAreReportedInALargeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d := newDiary(t)
		for i := range 15 {
			joinRoom(t, h, "presence", fmt.Sprint("m", i))
		}
		assert.Len(t, d.after(soon), 11, "the room, and the first ten")
	})
}

func TestAHubThatStopsReportsAtOnceWhoHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d := newDiary(t)
		m := joinRoom(t, h, "presence", "Alex")
		_ = d.after(soon)
		m.leaveNow()
		h.AnnouncePending(time.Now().UnixMilli())
		assert.Equal(t, []string{"-presence Alex", "-presence "}, d.after(0))
		_ = joinRoom(t, h, "presence", "Alex")
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, d.after(soon), "it goes on as before")
	})
}

func TestAnIdleRoomKeepsNothingForTheObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d := newDiary(t)
		_ = joinRoom(t, h, "a", "Alex")
		_ = d.after(soon)
		assert.Nil(t, h.rooms.find("a").observed)
		n := newObservedCluster(t, 1).nodes[0]
		_ = n.join(t, "Alex")
		_ = n.after(grace)
		assert.Nil(t, n.current().observed)
	})
}

// observedNode is a node with the room "presence", and a diary of its own.
type observedNode struct {
	*Hub
	*diary
	id   uint64
	room *Room // nil: the node has died, or has not opened the room
	bus  *testBus
}

// observedCluster has nodes that send each other their names 20 ms after a change.
type observedCluster struct {
	nodes []*observedNode
}

func newObservedCluster(t *testing.T, n int) *observedCluster {
	c := new(observedCluster)
	for i := range n {
		d := new(diary)
		bus := &testBus{retained: []Batch{batchOf(t, 1)}}
		c.nodes = append(c.nodes, &observedNode{
			Hub: serveWith(t, Config{AnnounceLimit: 10, Anonymous: "Anonymous", Workers: 1, Observer: d, Bus: bus}), diary: d, id: uint64(i + 1), bus: bus,
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
			c.exchange()
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return c
}

// exchange tells each node the names and counts at the others.
func (c *observedCluster) exchange() {
	for _, to := range c.nodes {
		r := to.current()
		if r == nil {
			continue
		}
		others, members := map[uint64]Names{}, 0
		for _, from := range c.nodes {
			if other := from.current(); other != nil && from != to {
				others[from.id] = other.Names()
				here, _, _ := other.ExchangeCounts(other.presence.remote, true)
				members += here
			}
		}
		r.ExchangeCounts(members, true)
		r.SetRemoteNames(others, time.Now().UnixMilli())
	}
}

func (n *observedNode) current() *Room {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.room
}

func (n *observedNode) setRoom(r *Room) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.room = r
}

// join opens the room at the node, if it is not open, and joins it.
func (n *observedNode) join(t *testing.T, name string) *sink {
	release, err := n.Open(t.Context(), "presence", nil)
	require.NoError(t, err)
	defer release()
	r := n.rooms.find("presence")
	r.SetNode(n.id, func() {})
	n.setRoom(r)
	return joinRoom(t, n.Hub, "presence", name)
}

func TestOneNodeReportsWhatHappensOnAllNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newObservedCluster(t, 2)
		a, b := c.nodes[0], c.nodes[1]
		first, second := a.join(t, "Alex"), b.join(t, "Alex") // at the same time
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, append(a.after(soon), b.after(soon)...))
		first.leaveNow()
		assert.Empty(t, append(a.after(grace), b.after(0)...))
		second.leaveNow()
		assert.Equal(t, []string{"-presence Alex", "-presence "}, append(a.after(grace), b.after(0)...))
	})
}

func TestAMemberThatComesBackAtAnotherNodeHasNotLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newObservedCluster(t, 2)
		a, b := c.nodes[0], c.nodes[1]
		here, there := a, b
		m := here.join(t, "Alex")
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, a.after(soon))
		for range 4 {
			m.leaveNow()
			time.Sleep(2 * time.Second)
			m = there.join(t, "Alex")
			here, there = there, here
			assert.Empty(t, append(a.after(grace), b.after(0)...))
		}
		m.leaveNow()
		assert.Equal(t, []string{"-presence Alex", "-presence "}, append(a.after(grace), b.after(0)...))
	})
}

func TestIfANodeDiesAnotherOneWithMembersGoesOnReporting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newObservedCluster(t, 2)
		a, b := c.nodes[0], c.nodes[1]
		a.join(t, "Alex")
		m := b.join(t, "Alex")
		assert.Len(t, append(a.after(grace), b.after(0)...), 2)
		a.setRoom(nil)
		assert.Empty(t, b.after(grace))
		m.leaveNow()
		assert.Equal(t, []string{"-presence Alex", "-presence "}, b.after(grace))
	})
}

// If no other node has members of the room, no node reports that the members of the dead node have left.
func TestIfANodeDiesWithAllMembersTheyAreReportedAgainWhenTheyAreBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newObservedCluster(t, 2)
		a, b := c.nodes[0], c.nodes[1]
		a.join(t, "Alex")
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, a.after(soon))
		m := b.join(t, "Béa")
		m.leaveNow()
		_ = b.after(grace)
		a.setRoom(nil)
		_ = b.after(grace)
		_ = b.join(t, "Alex")
		assert.Equal(t, []string{"+presence ", "+presence Alex"}, b.after(soon))
	})
}

func TestJoiningARoomThatIsNotObservedTakesNoMemory(t *testing.T) {
	h := New(Config{AnnounceLimit: -1, Observer: new(diary)})
	_ = join(h, "quiet", "Alex")
	s := newSink("Béa")
	r := h.rooms.find("quiet")
	r.mu.Lock()
	defer r.mu.Unlock()
	s.member.sink = s
	assert.Zero(t, testing.AllocsPerRun(100, func() { r.observe(&s.member, true, 1) }))
}

// BenchmarkJoinAndLeaveObserved measures a join and a leave of a member that is not the only one of its room.
func BenchmarkJoinAndLeaveObserved(b *testing.B) {
	for name, observer := range map[string]Observer{"without": nil, "not observed": new(diary), "members": new(diary), "names": new(diary)} {
		b.Run(name, func(b *testing.B) {
			room := map[string]string{"without": "quiet", "not observed": "quiet", "members": "a", "names": "presence"}[name]
			h := New(Config{AnnounceLimit: 100, Announcer: silence{}, Observer: observer})
			stays := newSink("Alex")
			require.NoError(b, h.Join(&stays.member, room, stays, 1))
			s := newSink("Béa")
			b.ReportAllocs()
			for b.Loop() {
				s.member = Member{}
				_ = h.Join(&s.member, room, s, 1)
				s.member.Leave(1)
			}
		})
	}
}

// silence is an Announcer that announces nothing.
type silence struct{ Prose }

func (silence) Announces(string) Announcing { return Silently }
