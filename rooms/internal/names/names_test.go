package names

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const modelName = "Alex"

// model is several nodes that send one another their standings to modelName. The network delays
// each update by up to maxDelay milliseconds, and keeps the order of one node's updates.
type model struct {
	t         *rapid.T
	now       int64
	nodes     []*modelNode
	announced []string // the announcements that the room received
}

type modelNode struct {
	Node
	dead      bool
	members   int
	phase     int64                // of its ticks, in milliseconds
	received  map[uint64]Standings // by node
	inTransit map[uint64][]*update // by sending node
}

// update is a node's standings on their way to another node, which receives them at the time at.
type update struct {
	at    int64
	names Standings
}

const maxDelay = 40

func newModel(t *rapid.T, nodes int, grace time.Duration) *model {
	m := &model{t: t, now: 1000}
	for i := range nodes {
		n := &modelNode{phase: int64(rapid.IntRange(0, 99).Draw(t, "phase")), received: map[uint64]Standings{}, inTransit: map[uint64][]*update{}}
		n.Self, n.Grace = uint64(i+1), grace
		m.nodes = append(m.nodes, n)
	}
	return m
}

func drawGrace(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{0, 3 * time.Second}).Draw(t, "grace")
}

// send sends a node's standings to the other nodes.
func (m *model) send(n *modelNode) {
	all := Standings{}
	if n.members > 0 {
		all[modelName] = Owner
	}
	for _, entry := range n.entries {
		all[entry.Name] = entry.Standing
	}
	for _, other := range m.nodes {
		if other == n || n.dead {
			continue
		}
		at := m.now + int64(rapid.IntRange(0, maxDelay).Draw(m.t, "delay"))
		if waiting := other.inTransit[n.Self]; len(waiting) > 0 {
			at = max(at, waiting[len(waiting)-1].at)
		}
		other.inTransit[n.Self] = append(other.inTransit[n.Self], &update{at, all})
	}
}

func (m *model) announce(n *modelNode, entry Entry) {
	m.announced = append(m.announced, map[bool]string{true: "joined", false: "left"}[entry.Standing == Joining])
	n.Announced(entry)
	m.send(n)
}

// advance advances the time, a millisecond at a time.
func (m *model) advance(ms int) {
	for range ms {
		m.now++
		for _, n := range m.nodes {
			m.receive(n)
			if m.now%100 == n.phase && !n.dead {
				m.tick(n)
			}
		}
	}
}

func (m *model) receive(n *modelNode) {
	changed := false
	for from, waiting := range n.inTransit {
		for len(waiting) > 0 && waiting[0].at <= m.now {
			n.received[from], waiting, changed = waiting[0].names, waiting[1:], true
		}
		n.inTransit[from] = waiting
	}
	if changed {
		m.setOthers(n)
	}
}

func (m *model) setOthers(n *modelNode) {
	if n.SetOthers(maps.Clone(n.received), m.now) {
		m.send(n)
	}
}

func (m *model) tick(n *modelNode) {
	for {
		entry, changed, ok := n.Next(m.now, false)
		if changed {
			m.send(n)
		}
		if !ok {
			return
		}
		m.announce(n, entry)
	}
}

func (m *model) join(n *modelNode) {
	if n.members++; n.members == 1 {
		n.Join(modelName, m.now)
		m.send(n)
	}
}

func (m *model) leave(n *modelNode) {
	if n.members == 0 {
		return
	}
	if n.members--; n.members == 0 {
		n.Leave(modelName, m.now)
		m.send(n)
	}
}

// announceFirst has a member of the node publish, if its name has to be announced before that.
func (m *model) announceFirst(n *modelNode) {
	if entry, ok, _ := n.AnnounceFirst(modelName); ok {
		m.announce(n, entry)
	}
}

// vanish stops a node, which announces nothing. The other nodes notice at once.
func (m *model) vanish(n *modelNode) {
	n.dead, n.members, n.entries = true, 0, nil
	for _, other := range m.nodes {
		delete(other.received, n.Self)
		delete(other.inTransit, n.Self)
		m.setOthers(other)
	}
}

func (m *model) membersOfName() (members int) {
	for _, n := range m.nodes {
		members += n.members
	}
	return members
}

// check lets all nodes settle, and checks that the last announcement is true.
func (m *model) check() {
	m.advance(2000 + 3*int(m.nodes[0].Grace.Milliseconds())) // each change at another node begins the grace again
	if m.membersOfName() > 0 {
		require.Equal(m.t, "joined", m.announced[len(m.announced)-1], "%v", m.announced)
	} else if len(m.announced) > 0 {
		require.Equal(m.t, "left", m.announced[len(m.announced)-1], "%v", m.announced)
	}
	for _, n := range m.nodes {
		require.False(m.t, n.HasUndecided(), "node %d: %+v", n.Self, n.entries)
	}
}

func TestANameIsAnnouncedOnceHoweverItsConnectionsMoveBetweenNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, rapid.IntRange(1, 4).Draw(t, "nodes"), drawGrace(t))
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			n := rapid.SampledFrom(m.nodes).Draw(t, "node")
			rapid.SampledFrom([]func(){
				func() { m.join(n) }, func() { m.leave(n) },
				func() { m.advance(rapid.IntRange(1, 150).Draw(t, "ms")) },
				func() { m.advance(500) },
			}).Draw(t, "action")()
		}
		m.check()
		for i, text := range m.announced {
			require.Equal(t, []string{"joined", "left"}[i%2], text, "%v", m.announced)
		}
	})
}

// Nodes that vanish, and members that publish at once, may cause a second announcement of a join.
// The last announcement is true nevertheless.
func TestTheLastAnnouncementOfANameIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, rapid.IntRange(2, 4).Draw(t, "nodes"), drawGrace(t))
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			n := rapid.SampledFrom(m.nodes).Draw(t, "node")
			if n.dead {
				continue
			}
			rapid.SampledFrom([]func(){
				func() { m.join(n) }, func() { m.leave(n) },
				func() { m.announceFirst(n) },
				func() { m.advance(rapid.IntRange(1, 150).Draw(t, "ms")) },
				func() { m.advance(500) },
				func() {
					m.advance(500)
					if m.membersOfName() > n.members { // otherwise no node is left to announce the leave
						m.vanish(n)
					}
				},
			}).Draw(t, "action")()
		}
		m.check()
	})
}

func TestAnotherNodeBecomesTheOwnerWhenTheOwnerVanishes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, 3, 0)
		for _, n := range m.nodes {
			m.join(n)
			m.advance(500)
		}
		m.vanish(m.nodes[0])
		m.advance(500)
		m.leave(m.nodes[1])
		m.advance(500)
		require.Equal(t, []string{"joined"}, m.announced)
		m.leave(m.nodes[2])
		m.check()
		require.Equal(t, []string{"joined", "left"}, m.announced)
	})
}

// After a network split, or when a large room has become small again, several nodes may be Owners.
func TestOneOfSeveralOwnersAnnouncesTheLeave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, 3, 0)
		m.announced = []string{"joined"}
		for _, n := range m.nodes {
			n.members = 1
			m.send(n)
		}
		m.advance(100)
		wait := rapid.SampledFrom([]int{0, 500}).Draw(t, "ms")
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			m.leave(m.nodes[i])
			m.advance(wait)
		}
		m.check()
		require.Equal(t, []string{"joined", "left"}, m.announced)
	})
}

func TestALeaveIsAnnouncedAfterTheGrace(t *testing.T) {
	k := &Node{Grace: 3 * time.Second}
	k.Join("Alex", 0)
	_, _, ok := k.Next(100, false)
	require.True(t, ok, "the grace is only for leaves")
	k.Announced(k.entries[0])
	k.Leave("Alex", 1000)
	due, any := k.Due()
	assert.True(t, any)
	assert.EqualValues(t, 4000, due)
	_, _, ok = k.Next(3999, false)
	assert.False(t, ok)
	n, _, ok := k.Next(due, false)
	require.True(t, ok)
	assert.False(t, n.Joined())
	k.Announced(n)
	_, any = k.Due()
	assert.False(t, any)
}
