package natsbus

import (
	"encoding/binary"
	"time"

	"github.com/nats-io/nats.go"
)

// A node sends a heartbeat every beatEvery. If no heartbeat and no report of it arrives for deadAfter, it is dead.
const (
	beatEvery = 400 * time.Millisecond
	deadAfter = 1200 * time.Millisecond
)

// beat sends this node's heartbeat, with its name and its protocol, if it is due. The first is due
// at once, and so is the next one if another node is new. Only ticks calls it.
func (o *nodes) beat(conn *nats.Conn, name string, now moment) {
	o.mu.Lock()
	met := o.newNode
	o.newNode = false
	o.mu.Unlock()
	if o.lastBeat != 0 && now-o.lastBeat < beatEvery && !met {
		return
	}
	beat := &nats.Msg{Subject: beatSubject, Data: append(binary.BigEndian.AppendUint64(nil, o.this), name...), Header: o.protocol.header()}
	if conn.PublishMsg(beat) == nil {
		o.lastBeat = now
	}
}

// leave sends the last heartbeat, which has no name.
func (o *nodes) leave(conn *nats.Conn) {
	if !conn.IsConnected() {
		return
	}
	_ = conn.Publish(beatSubject, binary.BigEndian.AppendUint64(nil, o.this))
	_ = conn.FlushTimeout(brokerTimeout)
}

// onBeat handles the heartbeat of another node. A heartbeat without a name is its last.
func (o *nodes) onBeat(m *nats.Msg, now moment) {
	if len(m.Data) < 8 {
		return
	}
	id, name := binary.BigEndian.Uint64(m.Data), string(m.Data[8:])
	if id == o.this {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if name == "" {
		delete(o.others, id)
		return
	}
	n := o.noteAlive(id, now)
	n.name, n.protocol = name, parseProtocol(m.Header)
}

// noteAlive notes that another node is alive, because it has sent a report.
func (b *Bus) noteAlive(id uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes.noteAlive(id, b.now())
}

// noteAlive notes that another node is alive. mu is held.
func (o *nodes) noteAlive(id uint64, now moment) *node {
	n := o.others[id]
	if n == nil {
		n, o.newNode = new(node), true
		o.others[id] = n
	}
	if n.dead {
		o.resync.wanted = true // it has forgotten this node's reports
	}
	n.lastSeen, n.dead = now, false
	return n
}
