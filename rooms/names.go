package rooms

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
	standings
)

// Valid tells whether s is a standing to a name that there is.
func (s Standing) Valid() bool { return s > absent && s < standings }

// settleTime is how long a standing waits for what other nodes say of the name.
const settleTime = 100 * time.Millisecond

// Names is how one node stands to the names of a room.
type Names map[string]Standing

// names is how the nodes of a room stand to its names. It is the state alone: nothing of it waits,
// locks or calls.
type names struct {
	self   uint64           // this node
	others map[uint64]Names // of each other node that is there; read-only
	own    []ownName        // this node's names, but for those that are Told
}

// ownName is a name to which this node stands other than Told.
type ownName struct {
	name    string
	is      Standing
	since   int64  // when that began, or another node's standing changed, Unix milliseconds
	telling bool   // it is Fresh or Leaving, and somebody tells it now
	around  around // the other nodes' standings then
}

// around is the least number of another node of each standing, or nobody.
type around [standings]uint64

const nobody = math.MaxUint64

func (a around) has(s Standing) bool { return a[s] != nobody }

// around returns how the other nodes stand to a name.
func (k *names) around(name string) (a around) {
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

func (k *names) find(name string) int {
	return slices.IndexFunc(k.own, func(n ownName) bool { return n.name == name })
}

func (k *names) remove(i int) { k.own = slices.Delete(k.own, i, i+1) }

func (k *names) set(i int, is Standing, now int64) {
	name := k.own[i].name
	k.own[i] = ownName{name: name, is: is, since: now, around: k.around(name)}
}

// join notes that a name has its first member here.
func (k *names) join(name string, now int64) {
	i := k.find(name)
	switch {
	case i < 0:
		k.own = append(k.own, ownName{name: name, is: Fresh, since: now, around: k.around(name)})
	case k.own[i].telling:
		k.set(i, Fresh, now) // that it has left is told now
	default:
		k.remove(i) // it is back before anybody was told
	}
}

// leave notes that a name has no member here any more.
func (k *names) leave(name string, now int64) {
	i, a := k.find(name), k.around(name)
	switch {
	case i < 0 && a[Told] < k.self: // after a split both are Told: one is to say it
	case i < 0:
		k.own = append(k.own, ownName{name: name, is: Leaving, since: now, around: a})
	case k.own[i].telling: // that it has joined
		k.set(i, Leaving, now)
	case k.own[i].is == Covered && !a.has(Told) && !a.has(Leaving): // the node that was Told is gone
		k.set(i, Leaving, now)
	default:
		k.remove(i) // nobody was told, or another node says it
	}
}

// know takes what is known of the other nodes. A name that was to be told as left is not, and changed is
// true, if another node has become Told, or is about to tell: the others must know at once that this one
// is not.
func (k *names) know(others map[uint64]Names, now int64) (changed bool) {
	k.others = others
	for i := 0; i < len(k.own); i++ {
		n, a := &k.own[i], k.around(k.own[i].name)
		if a == n.around {
			continue
		}
		taken := !n.around.has(Told) && a.has(Told) || !n.around.has(Leaving) && a[Leaving] < k.self
		n.around, n.since = a, now
		if n.is == Leaving && !n.telling && taken {
			k.remove(i)
			i--
			changed = true
		}
	}
	return changed
}

// next returns a name of which the room is to be told now, until told; ok is false if there is none. All
// that was to be decided without a word is then, and changed tells whether it was anything.
func (k *names) next(now int64, settled bool) (n ownName, changed, ok bool) {
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
	return ownName{}, changed, false
}

// decision is what becomes of a name.
type decision int

const (
	stays   decision = iota
	covered          // another node is Told
	settles          // it is Told, or has left and that is another node's to say
	tells            // the room is to be told, and then it settles
)

func (k *names) decide(n *ownName) decision {
	a := k.around(n.name)
	switch n.is {
	case Fresh:
		switch {
		case a.has(Told) || a.has(Leaving):
			return covered
		case a.has(Covered) || a[Fresh] < k.self: // that node is about to be Told
			return stays
		}
		return tells
	case Covered:
		if a.has(Told) || a[Covered] < k.self {
			return stays
		}
		return settles // the node that was Told has no member of the name any more, or is gone
	}
	switch {
	case a.has(Told) || a[Leaving] < k.self:
		return settles
	case a.has(Covered) || a.has(Fresh): // that node is about to be Told
		return stays
	}
	return tells
}

// told notes that the room was told of n.
func (k *names) told(n ownName) {
	if i := k.find(n.name); i >= 0 && k.own[i].telling && k.own[i].is == n.is {
		k.remove(i)
	}
}

// introduce is for a member who is about to speak: now tells whether the room is to be told of its name
// first, until told; wait, that somebody else does so now.
func (k *names) introduce(name string) (n ownName, now, wait bool) {
	i := k.find(name)
	switch {
	case i < 0 || k.own[i].is != Fresh:
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

// awaits tells whether the room is yet to be told of a name.
func (k *names) awaits(name string) bool {
	i := k.find(name)
	return i >= 0 && k.own[i].is == Fresh
}

// leaves tells whether the room may have yet to be told that somebody has left.
func (k *names) leaves() bool {
	return slices.ContainsFunc(k.own, func(n ownName) bool { return n.is == Leaving })
}

// waits tells whether there is anything to decide or to tell.
func (k *names) waits() bool {
	return slices.ContainsFunc(k.own, func(n ownName) bool { return n.is != Covered || !n.around.has(Told) })
}

// drop forgets all but what somebody tells now, and returns how many have come and gone untold.
func (k *names) drop() (c comings) {
	k.own = slices.DeleteFunc(k.own, func(n ownName) bool {
		switch {
		case n.telling:
			return false
		case n.is == Fresh:
			c.joined++
		case n.is == Leaving:
			c.left++
		}
		return true
	})
	return c
}
