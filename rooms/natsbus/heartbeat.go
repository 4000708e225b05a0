package natsbus

import (
	"encoding/binary"
	"time"

	"github.com/nats-io/nats.go"
)

// How often nodes show that they are there, and after how long one that does not is taken for dead.
const (
	beatEvery = 400 * time.Millisecond
	deadAfter = 1200 * time.Millisecond
)

// node is another node.
type node struct {
	name  string
	heard moment
	dead  bool
}

// beat shows the others that this node is there.
func (b *Bus) beat(l *link, now moment) {
	b.mu.Lock()
	met := b.met
	b.met = false
	b.mu.Unlock()
	if now-b.beaten < beatEvery && !met {
		return
	}
	if l.conn.Publish(beatSubject, append(binary.BigEndian.AppendUint64(nil, b.node), b.name...)) == nil {
		b.beaten = now
	}
}

// leave shows them that it is not any more.
func (b *Bus) leave(l *link) {
	if !l.conn.IsConnected() {
		return
	}
	_ = l.conn.Publish(beatSubject, binary.BigEndian.AppendUint64(nil, b.node))
	_ = l.conn.FlushTimeout(brokerTimeout)
}

// onBeat handles another node's beat; one without a name is its last.
func (b *Bus) onBeat(m *nats.Msg) {
	if len(m.Data) < 8 {
		return
	}
	id, name := binary.BigEndian.Uint64(m.Data), string(m.Data[8:])
	if id == b.node {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if name == "" {
		delete(b.nodes, id)
		return
	}
	b.heard(id).name = name
}

// heard notes that another node is there. mu is held.
func (b *Bus) heard(id uint64) *node {
	n := b.nodes[id]
	if n == nil {
		n, b.met = new(node), true
		b.nodes[id] = n
	}
	if n.dead {
		b.heal.again = true // it has lost what we told it
	}
	n.heard, n.dead = b.now(), false
	return n
}

// heal is that all subjects are to tell who is here once more, each in its turn. Guarded by
// Bus.mu.
type heal struct {
	again bool   // from the next turn on
	until uint64 // the turn that is not in it any more
}

// after tells whether the subjects of a turn are to.
func (h *heal) after(turn uint64) bool {
	if h.again {
		h.again, h.until = false, turn+looks
	}
	return turn < h.until
}

// forgetNode is after how long a node that has not been heard is not known any more.
const forgetNode = time.Hour

// alive is the other nodes that are there. mu is held.
func (b *Bus) alive(now moment) map[uint64]bool {
	alive := map[uint64]bool{}
	for id, n := range b.nodes {
		n.dead = now-n.heard > deadAfter
		switch {
		case !n.dead:
			alive[id] = true
		case now-n.heard > forgetNode:
			delete(b.nodes, id)
		}
	}
	return alive
}
