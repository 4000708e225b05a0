package natsbus

import (
	"sync"
	"time"

	"plenum/rooms/natsbus/internal/query"
)

const (
	// expectFor is how long after a node's last sign of life its answer to a question is waited for.
	expectFor = 5 * time.Second
	// forgetNode is after how long a node that has not been heard is not known any more.
	forgetNode = time.Hour
)

// nodes is the nodes of the cluster as this one sees them, by their heartbeats.
type nodes struct {
	this uint64 // set at creation

	lastBeat moment // owned by ticks: when the others were shown that this node is there

	mu      *sync.Mutex // Bus.mu
	others  map[uint64]*node
	resync  resync // another node was away
	newNode bool   // another node is new: it is to be shown that this one is there
}

// node is another node.
type node struct {
	name     string
	lastSeen moment
	dead     bool
}

func newNodes(mu *sync.Mutex, this uint64) nodes {
	return nodes{this: this, mu: mu, others: map[uint64]*node{}}
}

// alive returns the other nodes that are there. mu is held.
func (o *nodes) alive(now moment) map[uint64]bool {
	alive := map[uint64]bool{}
	for id, n := range o.others {
		n.dead = now-n.lastSeen > deadAfter
		switch {
		case !n.dead:
			alive[id] = true
		case now-n.lastSeen > forgetNode:
			delete(o.others, id)
		}
	}
	return alive
}

// expected returns the nodes whose answers to a question are waited for, this one among them.
func (o *nodes) expected(now moment) map[uint64]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	expected := map[uint64]bool{o.this: true}
	for id, n := range o.others {
		if n.name != "" && now-n.lastSeen < expectFor { // without a name it has left, or is about to come
			expected[id] = true
		}
	}
	return expected
}

// count returns how many nodes are there, this one among them.
func (o *nodes) count(now moment) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.alive(now)) + 1
}

// addSilent adds the nodes that have told nothing: those that are there, and of the others the last of
// each name.
func (o *nodes) addSilent(answered map[uint64]query.Answer, now moment) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id := range o.alive(now) {
		if _, has := answered[id]; !has && o.others[id].name != "" {
			answered[id] = query.Answer{Name: o.others[id].name}
		}
	}
	here := map[string]bool{}
	for _, a := range answered {
		here[a.Name] = true
	}
	last := map[string]uint64{}
	for id, n := range o.others {
		before, has := last[n.name]
		if n.name != "" && !here[n.name] && (!has || n.lastSeen > o.others[before].lastSeen) {
			last[n.name] = id
		}
	}
	for name, id := range last {
		answered[id] = query.Answer{Name: name}
	}
}

// heal is that all subjects are to tell who is here once more, each in its turn. Guarded by
// Bus.mu.
type resync struct {
	wanted    bool   // from the next turn on
	untilTick uint64 // the turn that is not in it any more
}

// after tells whether the subjects of a turn are to.
func (h *resync) includes(turn uint64) bool {
	if h.wanted {
		h.wanted, h.untilTick = false, turn+tickGroups
	}
	return turn < h.untilTick
}
