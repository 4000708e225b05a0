// Package names decides which node of a room tells the room that a name has joined or left. It is state
// alone: it holds no lock, reads no clock, and calls nothing. The caller has a lock around every call.
package names

import (
	"math"
	"slices"
	"time"
)

// Standing is how a node stands to a name that members of a room have.
type Standing uint8

// Standings. Of the nodes with members of a name one is to be Told, and it alone says that the name has
// left. A node waits for settleTime before it tells anything, so that the nodes have heard of one
// another by then.
const (
	absent  Standing = iota
	Told             // the room was told of the name; this node says when it has left
	Fresh            // members here have the name, and the room is yet to be told
	Covered          // members here have the name, and another node is Told
	Leaving          // it was Told, and no member here has the name any more
	count
)

// Valid tells whether s is a standing to a name that there is.
func (s Standing) Valid() bool { return s > absent && s < count }

// settleTime is how long a standing waits for what other nodes say of the name.
const settleTime = 100 * time.Millisecond

// Standings is how one node stands to the names of a room.
type Standings map[string]Standing

// Node is one node of a room, with what it knows of the others.
type Node struct {
	Self   uint64               // the node's number; set before anything else is called
	others map[uint64]Standings // of each other node that is there; read-only
	own    []Own                // this node's names, except those that are Told
}

// Own is a name to which this node stands other than Told.
type Own struct {
	Name    string
	Is      Standing
	since   int64  // when that began, or another node's standing changed, Unix milliseconds
	telling bool   // it is Fresh or Leaving, and somebody tells it now
	around  around // the other nodes' standings then
}

// Joined tells whether the room is to be told that the name has joined; else it has left.
func (n Own) Joined() bool { return n.Is == Fresh }

// around is the least number of another node of each standing, or nobody.
type around [count]uint64

const nobody = math.MaxUint64

func (a around) has(s Standing) bool { return a[s] != nobody }

// around returns how the other nodes stand to a name.
func (k *Node) around(name string) (a around) {
	for s := range a {
		a[s] = nobody
	}
	for id, names := range k.others {
		if s := names[name]; s != absent {
			a[s] = min(a[s], id)
		}
	}
	return a
}

func (k *Node) find(name string) int {
	return slices.IndexFunc(k.own, func(n Own) bool { return n.Name == name })
}

func (k *Node) remove(i int) { k.own = slices.Delete(k.own, i, i+1) }

func (k *Node) set(i int, is Standing, now int64) {
	name := k.own[i].Name
	k.own[i] = Own{Name: name, Is: is, since: now, around: k.around(name)}
}

// Join notes that a name has its first member here.
func (k *Node) Join(name string, now int64) {
	i := k.find(name)
	switch {
	case i < 0:
		k.own = append(k.own, Own{Name: name, Is: Fresh, since: now, around: k.around(name)})
	case k.own[i].telling:
		k.set(i, Fresh, now) // that it has left is told now
	default:
		k.remove(i) // it is back before anybody was told
	}
}

// Leave notes that a name has no member here any more.
func (k *Node) Leave(name string, now int64) {
	i, a := k.find(name), k.around(name)
	switch {
	case i < 0 && a[Told] < k.Self: // after a split both are Told: one is to say it
	case i < 0:
		k.own = append(k.own, Own{Name: name, Is: Leaving, since: now, around: a})
	case k.own[i].telling: // that it has joined
		k.set(i, Leaving, now)
	case k.own[i].Is == Covered && !a.has(Told) && !a.has(Leaving): // the node that was Told is gone
		k.set(i, Leaving, now)
	default:
		k.remove(i) // nobody was told, or another node says it
	}
}

// Know takes what is known of the other nodes. A name that was to be told as left is not, and changed is
// true, if another node has become Told, or is about to tell: the others must know at once that this one
// is not.
func (k *Node) Know(others map[uint64]Standings, now int64) (changed bool) {
	k.others = others
	for i := 0; i < len(k.own); i++ {
		n, a := &k.own[i], k.around(k.own[i].Name)
		if a == n.around {
			continue
		}
		taken := !n.around.has(Told) && a.has(Told) || !n.around.has(Leaving) && a[Leaving] < k.Self
		n.around, n.since = a, now
		if n.Is == Leaving && !n.telling && taken {
			k.remove(i)
			i--
			changed = true
		}
	}
	return changed
}

// Next returns a name of which the room is to be told now, until Told; ok is false if there is none. All
// that was to be decided without a word is then, and changed tells whether it was anything.
func (k *Node) Next(now int64, settled bool) (n Own, changed, ok bool) {
	for i := 0; i < len(k.own); i++ {
		n := &k.own[i]
		if n.telling || !settled && now >= n.since && now < n.since+settleTime.Milliseconds() {
			continue
		}
		switch k.decide(n) {
		case stays:
		case covered:
			k.set(i, Covered, now)
			changed = true
		case settles:
			k.remove(i)
			i--
			changed = true
		case tells:
			n.telling = true
			return *n, changed, true
		}
	}
	return Own{}, changed, false
}

// decision is what becomes of a name.
type decision int

const (
	stays   decision = iota
	covered          // another node is Told
	settles          // it is Told, or has left and that is another node's to say
	tells            // the room is to be told, and then it settles
)

func (k *Node) decide(n *Own) decision {
	a := k.around(n.Name)
	switch n.Is {
	case Fresh:
		switch {
		case a.has(Told) || a.has(Leaving):
			return covered
		case a.has(Covered) || a[Fresh] < k.Self: // that node is about to be Told
			return stays
		}
		return tells
	case Covered:
		if a.has(Told) || a[Covered] < k.Self {
			return stays
		}
		return settles // the node that was Told has no member of the name any more, or is gone
	}
	switch {
	case a.has(Told) || a[Leaving] < k.Self:
		return settles
	case a.has(Covered) || a.has(Fresh): // that node is about to be Told
		return stays
	}
	return tells
}

// Told notes that the room was told of n.
func (k *Node) Told(n Own) {
	if i := k.find(n.Name); i >= 0 && k.own[i].telling && k.own[i].Is == n.Is {
		k.remove(i)
	}
}

// Introduce is for a member who is about to speak: now tells whether the room is to be told of its name
// first, until Told; wait, that somebody else does so now.
func (k *Node) Introduce(name string) (n Own, now, wait bool) {
	i := k.find(name)
	switch {
	case i < 0 || k.own[i].Is != Fresh:
		return n, false, false
	case k.own[i].telling:
		return n, false, true
	}
	if a := k.around(name); a.has(Told) || a.has(Leaving) {
		return n, false, false
	}
	k.own[i].telling = true
	return k.own[i], true, false
}

// Awaits tells whether the room is yet to be told of a name.
func (k *Node) Awaits(name string) bool {
	i := k.find(name)
	return i >= 0 && k.own[i].Is == Fresh
}

// Leaves tells whether the room may have yet to be told that somebody has left.
func (k *Node) Leaves() bool {
	return slices.ContainsFunc(k.own, func(n Own) bool { return n.Is == Leaving })
}

// Waits tells whether there is anything to decide or to tell.
func (k *Node) Waits() bool {
	return slices.ContainsFunc(k.own, func(n Own) bool { return n.Is != Covered || !n.around.has(Told) })
}

// AddTo sets in all the standings of this node that are not Told.
func (k *Node) AddTo(all Standings) {
	for _, n := range k.own {
		all[n.Name] = n.Is
	}
}

// Drop forgets all but what somebody tells now, and returns how many have joined and left untold.
func (k *Node) Drop() (joined, left int) {
	k.own = slices.DeleteFunc(k.own, func(n Own) bool {
		switch {
		case n.telling:
			return false
		case n.Is == Fresh:
			joined++
		case n.Is == Leaving:
			left++
		}
		return true
	})
	return joined, left
}
