package natsbus

import (
	"context"
	"sync"
	"time"

	"plenum/rooms/natsbus/internal/query"
)

const (
	// expectFor is the time since a node's last heartbeat or report during which its answers are waited for.
	expectFor = 5 * time.Second
	// forgetNode is the time since a node's last heartbeat or report after which it is forgotten.
	forgetNode = time.Hour
)

// nodes has the other nodes of the cluster, as this node knows them by their heartbeats and reports.
type nodes struct {
	// Set at creation.
	this     uint64
	protocol protocol // of this node

	lastBeat moment // owned by ticks: time of this node's last heartbeat; 0: none yet

	mu      *sync.Mutex // Bus.mu
	others  map[uint64]*node
	resync  resync // wanted when a dead node is alive again
	newNode bool   // another node is new, so the next heartbeat is due at once
}

// node is another node.
type node struct {
	name     string
	protocol protocol // known if name is not empty
	lastSeen moment
	dead     bool
}

func newNodes(mu *sync.Mutex, this uint64, streams int) nodes {
	return nodes{this: this, protocol: ownProtocol(streams), mu: mu, others: map[uint64]*node{}}
}

// alive returns the other living nodes. It also marks dead nodes and forgets old ones. mu is held.
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

// expected returns the nodes whose answers to a question are waited for, this node included.
func (o *nodes) expected(now moment) map[uint64]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	expected := map[uint64]bool{o.this: true}
	for id, n := range o.others {
		if n.name != "" && now-n.lastSeen < expectFor { // without a name, it has left or has sent no heartbeat yet
			expected[id] = true
		}
	}
	return expected
}

// meetNodes waits until this node has received a heartbeat of every living node: beatEvery after the bus became up. It
// returns earlier if ctx ends. With a broker in this process there are no other nodes.
func (b *Bus) meetNodes(ctx context.Context) {
	left := moment(b.notUp.Load()) + beatEvery - b.now()
	if b.cfg.Broker != nil || left <= 0 {
		return
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// conflict returns the name of a living node that cannot work with this one, and the reason. If there is no such node, the
// reason is empty. Of several it returns the first by name.
func (o *nodes) conflict(now moment) (name, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.others {
		if n.name == "" || now-n.lastSeen > deadAfter || reason != "" && n.name >= name {
			continue
		}
		if why := o.protocol.conflict(n.protocol); why != "" {
			name, reason = n.name, why
		}
	}
	return name, reason
}

// count returns the number of living nodes, this node included.
func (o *nodes) count(now moment) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.alive(now)) + 1
}

// addSilent adds the nodes that have not answered. It adds all living nodes. Of the dead nodes of one name it
// adds the latest, unless a node of that name is in answered.
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

// resync makes all subjects report their members once more, each in the tick of its group. Guarded by Bus.mu.
type resync struct {
	wanted    bool   // begins with the next tick
	untilTick uint64 // number of the first tick after it
}

// includes reports whether the subjects of this tick report.
func (h *resync) includes(tick uint64) bool {
	if h.wanted {
		h.wanted, h.untilTick = false, tick+tickGroups
	}
	return tick < h.untilTick
}
