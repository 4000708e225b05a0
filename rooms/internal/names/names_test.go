package names

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const modelName = "Alex"

// namesModel is nodes that tell one another their names over a network that takes up to mostDelay, and
// keeps the order of what one node tells another.
type namesModel struct {
	t     *rapid.T
	now   int64
	nodes []*namesNode
	told  []string // what the room was told
}

type namesNode struct {
	Node
	dead    bool
	members int
	phase   int64                // of its ticks
	heard   map[uint64]Standings // of the other nodes
	comes   map[uint64][]*word   // from each of them
}

// word is a node's names on their way.
type word struct {
	at    int64
	names Standings
}

const mostDelay = 40

func newNamesModel(t *rapid.T, nodes int) *namesModel {
	m := &namesModel{t: t, now: 1000}
	for i := range nodes {
		n := &namesNode{phase: int64(rapid.IntRange(0, 99).Draw(t, "phase")), heard: map[uint64]Standings{}, comes: map[uint64][]*word{}}
		n.Self = uint64(i + 1)
		m.nodes = append(m.nodes, n)
	}
	return m
}

// spread sends a node's names to the others.
func (m *namesModel) spread(n *namesNode) {
	all := Standings{}
	if n.members > 0 {
		all[modelName] = Told
	}
	for _, own := range n.own {
		all[own.Name] = own.Is
	}
	for _, other := range m.nodes {
		if other == n || n.dead {
			continue
		}
		at := m.now + int64(rapid.IntRange(0, mostDelay).Draw(m.t, "delay"))
		if waiting := other.comes[n.Self]; len(waiting) > 0 {
			at = max(at, waiting[len(waiting)-1].at)
		}
		other.comes[n.Self] = append(other.comes[n.Self], &word{at, all})
	}
}

func (m *namesModel) tell(n *namesNode, own Own) {
	m.told = append(m.told, map[bool]string{true: "joined", false: "left"}[own.Is == Fresh])
	n.Told(own)
	m.spread(n)
}

// pass lets time pass, a millisecond at a time.
func (m *namesModel) pass(ms int) {
	for range ms {
		m.now++
		for _, n := range m.nodes {
			m.hear(n)
			if m.now%100 == n.phase && !n.dead {
				m.tick(n)
			}
		}
	}
}

func (m *namesModel) hear(n *namesNode) {
	news := false
	for from, waiting := range n.comes {
		for len(waiting) > 0 && waiting[0].at <= m.now {
			n.heard[from], waiting, news = waiting[0].names, waiting[1:], true
		}
		n.comes[from] = waiting
	}
	if news {
		m.know(n)
	}
}

func (m *namesModel) know(n *namesNode) {
	if n.Know(maps.Clone(n.heard), m.now) {
		m.spread(n)
	}
}

func (m *namesModel) tick(n *namesNode) {
	for {
		own, changed, ok := n.Next(m.now, false)
		if changed {
			m.spread(n)
		}
		if !ok {
			return
		}
		m.tell(n, own)
	}
}

func (m *namesModel) join(n *namesNode) {
	if n.members++; n.members == 1 {
		n.Join(modelName, m.now)
		m.spread(n)
	}
}

func (m *namesModel) leave(n *namesNode) {
	if n.members == 0 {
		return
	}
	if n.members--; n.members == 0 {
		n.Leave(modelName, m.now)
		m.spread(n)
	}
}

// speak is for a member whose name is to be announced before it speaks.
func (m *namesModel) speak(n *namesNode) {
	if own, now, _ := n.Introduce(modelName); now {
		m.tell(n, own)
	}
}

// die has a node vanish, which the others know at once.
func (m *namesModel) die(n *namesNode) {
	n.dead, n.members, n.own = true, 0, nil
	for _, other := range m.nodes {
		delete(other.heard, n.Self)
		delete(other.comes, n.Self)
		m.know(other)
	}
}

func (m *namesModel) present() (members int) {
	for _, n := range m.nodes {
		members += n.members
	}
	return members
}

// check holds that the room was told what is so.
func (m *namesModel) check() {
	m.pass(2000)
	if m.present() > 0 {
		require.Equal(m.t, "joined", m.told[len(m.told)-1], "%v", m.told)
	} else if len(m.told) > 0 {
		require.Equal(m.t, "left", m.told[len(m.told)-1], "%v", m.told)
	}
	for _, n := range m.nodes {
		require.False(m.t, n.Waits(), "node %d: %+v", n.Self, n.own)
	}
}

func TestANameIsToldOnceHoweverItsConnectionsMoveBetweenNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newNamesModel(t, rapid.IntRange(1, 4).Draw(t, "nodes"))
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			n := rapid.SampledFrom(m.nodes).Draw(t, "node")
			rapid.SampledFrom([]func(){
				func() { m.join(n) }, func() { m.leave(n) },
				func() { m.pass(rapid.IntRange(1, 150).Draw(t, "ms")) },
				func() { m.pass(500) },
			}).Draw(t, "action")()
		}
		m.check()
		for i, told := range m.told {
			require.Equal(t, []string{"joined", "left"}[i%2], told, "%v", m.told)
		}
	})
}

// Nodes that vanish, and members that speak at once, may have a join told twice. What was told last
// is so all the same.
func TestWhatWasToldOfANameLastIsSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newNamesModel(t, rapid.IntRange(2, 4).Draw(t, "nodes"))
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			n := rapid.SampledFrom(m.nodes).Draw(t, "node")
			if n.dead {
				continue
			}
			rapid.SampledFrom([]func(){
				func() { m.join(n) }, func() { m.leave(n) },
				func() { m.speak(n) },
				func() { m.pass(rapid.IntRange(1, 150).Draw(t, "ms")) },
				func() { m.pass(500) },
				func() {
					m.pass(500)
					if m.present() > n.members { // else nobody is left to say that it has left
						m.die(n)
					}
				},
			}).Draw(t, "action")()
		}
		m.check()
	})
}

func TestANodeThatVanishesHandsItsNamesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newNamesModel(t, 3)
		for _, n := range m.nodes {
			m.join(n)
			m.pass(500)
		}
		m.die(m.nodes[0])
		m.pass(500)
		m.leave(m.nodes[1])
		m.pass(500)
		require.Equal(t, []string{"joined"}, m.told)
		m.leave(m.nodes[2])
		m.check()
		require.Equal(t, []string{"joined", "left"}, m.told)
	})
}

// After a split, or when a large room is small again, several nodes may believe that they are to tell.
func TestNodesThatAreAllToldTellOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newNamesModel(t, 3)
		m.told = []string{"joined"}
		for _, n := range m.nodes {
			n.members = 1
			m.spread(n)
		}
		m.pass(100)
		wait := rapid.SampledFrom([]int{0, 500}).Draw(t, "ms")
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			m.leave(m.nodes[i])
			m.pass(wait)
		}
		m.check()
		require.Equal(t, []string{"joined", "left"}, m.told)
	})
}
