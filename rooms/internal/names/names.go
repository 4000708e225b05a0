// Package names decides which node of a room announces that a name has joined or left the room.
//
// Several nodes may have members of one name. The room must receive one announcement when the first
// of these members joins, and one when the last of them leaves. The nodes send one another their
// Standings to every name, and each node decides by itself. Of all nodes with members of a name,
// one is the Owner: it announces that the name has left.
//
// A Node is only state. It has no lock and reads no clock. The caller holds a lock around every call.
package names

import (
	"math"
	"slices"
	"time"
)

// Standing is the relation of one node to one name. Each node sends its Standings to the other nodes.
type Standing uint8

// The standings of a node to a name. A node waits for settleTime before it announces anything, so
// that the nodes have received one another's standings by then.
const (
	absent  Standing = iota
	Owner            // the name was announced; this node announces its leave
	Joining          // this node has members of the name; the join is not announced yet
	Covered          // this node has members of the name; another node is the Owner
	Leaving          // this node was the Owner and has no member of the name any more; the leave is not announced yet
	count
)

// Valid reports whether s is one of Owner, Joining, Covered and Leaving. It checks a number that
// another node has sent.
func (s Standing) Valid() bool { return s > absent && s < count }

// settleTime is how long a node waits for other nodes' standings before it decides.
const settleTime = 100 * time.Millisecond

// delay returns how long an entry with this standing stays unchanged before the node decides, in milliseconds.
func (k *Node) delay(s Standing) int64 {
	if s == Leaving {
		return max(settleTime, k.Grace).Milliseconds()
	}
	return settleTime.Milliseconds()
}

// Standings are the standings of one node to the names of a room.
type Standings map[string]Standing

// Node is one node's view of the names of one room.
type Node struct {
	Self    uint64               // the node's number; set before anything else is called
	Grace   time.Duration        // how long a node waits before it announces a leave, if longer than settleTime; set like Self
	others  map[uint64]Standings // by node number, without nodes that have gone; read-only
	entries []Entry              // one per name to which this node has a standing other than Owner
}

// Fork returns another Node for the same node and room. It knows the same standings of the other nodes, and has no entries.
func (k *Node) Fork(grace time.Duration) Node {
	return Node{Self: k.Self, Grace: grace, others: k.others}
}

// IsEmpty reports whether the Node has no entries. It may then be replaced by a Fork of another one.
func (k *Node) IsEmpty() bool { return len(k.entries) == 0 }

// Entry is a name to which this node has a standing other than Owner.
type Entry struct {
	Name       string
	Standing   Standing
	since      int64         // when this node's standing, or that of another node, last changed; Unix milliseconds
	announcing bool          // the caller of Next or AnnounceFirst is announcing the join or leave now
	peers      peerStandings // the other nodes' standings to the name at the time since
}

// Joined reports whether the entry announces a join. Otherwise it announces a leave.
func (n Entry) Joined() bool { return n.Standing == Joining }

// peerStandings holds, for each standing, the lowest number of another node that has it, or noNode.
type peerStandings [count]uint64

const noNode = math.MaxUint64

func (a peerStandings) has(s Standing) bool { return a[s] != noNode }

// peersOf returns the other nodes' standings to a name.
func (k *Node) peersOf(name string) (a peerStandings) {
	for s := range a {
		a[s] = noNode
	}
	for id, names := range k.others {
		if s := names[name]; s != absent {
			a[s] = min(a[s], id)
		}
	}
	return a
}

func (k *Node) find(name string) int {
	return slices.IndexFunc(k.entries, func(n Entry) bool { return n.Name == name })
}

func (k *Node) remove(i int) { k.entries = slices.Delete(k.entries, i, i+1) }

func (k *Node) set(i int, is Standing, now int64) {
	name := k.entries[i].Name
	k.entries[i] = Entry{Name: name, Standing: is, since: now, peers: k.peersOf(name)}
}

// Join notes that the first member of a name has joined at this node. now is in Unix milliseconds,
// as in all methods.
func (k *Node) Join(name string, now int64) {
	i := k.find(name)
	switch {
	case i < 0:
		k.entries = append(k.entries, Entry{Name: name, Standing: Joining, since: now, peers: k.peersOf(name)})
	case k.entries[i].announcing:
		k.set(i, Joining, now) // the leave is being announced
	default:
		k.remove(i) // the leave was not announced yet
	}
}

// Leave notes that the last member of a name has left at this node.
func (k *Node) Leave(name string, now int64) {
	i, a := k.find(name), k.peersOf(name)
	switch {
	case i < 0 && a[Owner] < k.Self: // after a network split both nodes are Owners; the one with the lower number remains the Owner
	case i < 0:
		k.entries = append(k.entries, Entry{Name: name, Standing: Leaving, since: now, peers: a})
	case k.entries[i].announcing: // the join is being announced
		k.set(i, Leaving, now)
	case k.entries[i].Standing == Covered && !a.has(Owner) && !a.has(Leaving): // the Owner has gone
		k.set(i, Leaving, now)
	default:
		k.remove(i) // the join was not announced, or another node announces the leave
	}
}

// SetOthers replaces the standings of the other nodes. The Node keeps others and only reads it. If another
// node becomes the Owner of a name that is Leaving here, or is about to announce that leave, this node
// drops its entry. Then changed is true, and the caller must send this node's standings to the other nodes
// at once.
func (k *Node) SetOthers(others map[uint64]Standings, now int64) (changed bool) {
	k.others = others
	for i := 0; i < len(k.entries); i++ {
		n, a := &k.entries[i], k.peersOf(k.entries[i].Name)
		if a == n.peers {
			continue
		}
		taken := !n.peers.has(Owner) && a.has(Owner) || !n.peers.has(Leaving) && a[Leaving] < k.Self
		n.peers, n.since = a, now
		if n.Standing == Leaving && !n.announcing && taken {
			k.remove(i)
			i--
			changed = true
		}
	}
	return changed
}

// Next returns an entry that the caller must announce now, and then pass to Announced. ok is false if
// there is none. Next also makes the decisions that need no announcement. changed reports whether it made
// any. If settled is true, Next waits neither for settleTime nor for Grace.
func (k *Node) Next(now int64, settled bool) (n Entry, changed, ok bool) {
	for i := 0; i < len(k.entries); i++ {
		n := &k.entries[i]
		if n.announcing || !settled && now >= n.since && now < n.since+k.delay(n.Standing) {
			continue
		}
		switch k.decide(n) {
		case keep:
		case cover:
			k.set(i, Covered, now)
			changed = true
		case drop:
			k.remove(i)
			i--
			changed = true
		case announce:
			n.announcing = true
			return *n, changed, true
		}
	}
	return Entry{}, changed, false
}

// decision is the next step of an entry.
type decision int

const (
	keep     decision = iota
	cover             // the standing becomes Covered: another node is the Owner
	drop              // the entry is removed: this node becomes the Owner, or another node announces the leave
	announce          // the caller announces the join or leave; then the entry is removed
)

// decide returns the next step of n, by the standings that this node knows now.
func (k *Node) decide(n *Entry) decision {
	a := k.peersOf(n.Name)
	switch n.Standing {
	case Joining:
		switch {
		case a.has(Owner) || a.has(Leaving):
			return cover
		case a.has(Covered) || a[Joining] < k.Self: // that node is about to become the Owner
			return keep
		}
		return announce
	case Covered:
		if a.has(Owner) || a[Covered] < k.Self {
			return keep
		}
		return drop // the Owner has no member of the name any more, or has gone
	}
	switch {
	case a.has(Owner) || a[Leaving] < k.Self:
		return drop
	case a.has(Covered) || a.has(Joining): // that node is about to become the Owner
		return keep
	}
	return announce
}

// Announced notes that the caller has announced n, which Next or AnnounceFirst returned.
func (k *Node) Announced(n Entry) {
	if i := k.find(n.Name); i >= 0 && k.entries[i].announcing && k.entries[i].Standing == n.Standing {
		k.remove(i)
	}
}

// AnnounceFirst is called when a member with the name is about to publish. If ok is true, the caller
// must first announce n, and then call Announced. If wait is true, another goroutine is announcing the
// join. The caller must then call AnnounceFirst again until wait is false.
func (k *Node) AnnounceFirst(name string) (n Entry, ok, wait bool) {
	i := k.find(name)
	switch {
	case i < 0 || k.entries[i].Standing != Joining:
		return n, false, false
	case k.entries[i].announcing:
		return n, false, true
	}
	if a := k.peersOf(name); a.has(Owner) || a.has(Leaving) {
		return n, false, false
	}
	k.entries[i].announcing = true
	return k.entries[i], true, false
}

// IsUnannounced reports whether the name has members here, and its join is not announced yet.
func (k *Node) IsUnannounced(name string) bool {
	i := k.find(name)
	return i >= 0 && k.entries[i].Standing == Joining
}

// HasLeaving reports whether a leave may still have to be announced.
func (k *Node) HasLeaving() bool {
	return slices.ContainsFunc(k.entries, func(n Entry) bool { return n.Standing == Leaving })
}

// HasUndecided reports whether Next may have anything to announce or to decide, now or later.
func (k *Node) HasUndecided() bool {
	return slices.ContainsFunc(k.entries, Entry.isUndecided)
}

func (n Entry) isUndecided() bool { return n.Standing != Covered || !n.peers.has(Owner) }

// Due returns when Next is to be called again if nothing changes before, in Unix milliseconds. any is false if Next has
// nothing to decide, now or later. If an entry waits for other nodes, due is in the past.
func (k *Node) Due() (due int64, any bool) {
	due = math.MaxInt64
	for _, n := range k.entries {
		if n.isUndecided() {
			due, any = min(due, n.since+k.delay(n.Standing)), true
		}
	}
	return due, any
}

// EachOther calls f with each name at each other node, and the standing of that node to the name.
func (k *Node) EachOther(f func(name string, is Standing)) {
	for _, names := range k.others {
		for name, is := range names {
			f(name, is)
		}
	}
}

// AddTo adds the entries' standings to all.
func (k *Node) AddTo(all Standings) {
	for _, n := range k.entries {
		all[n.Name] = n.Standing
	}
}

// Drop drops all entries except those being announced now. It returns how many of the dropped entries
// are joins and leaves.
func (k *Node) Drop() (joined, left int) {
	k.entries = slices.DeleteFunc(k.entries, func(n Entry) bool {
		switch {
		case n.announcing:
			return false
		case n.Standing == Joining:
			joined++
		case n.Standing == Leaving:
			left++
		}
		return true
	})
	return joined, left
}
