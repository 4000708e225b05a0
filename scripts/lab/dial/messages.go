//go:build lab

package main

import (
	"bytes"
	"errors"
	"time"

	"plenum/bench/sequence"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

const (
	text = "one of the lab's messages"
	// window bounds the deliveries under way. It is small so that the answers to pings
	// do not wait behind deliveries.
	window = 1000
	// patience is how long no message may arrive before the missing ones count as lost.
	patience = time.Minute
)

var marker = []byte(`"text":"` + text + `"`)

// member records the messages that one connection received. The connection's loop owns it until the
// pool is shut down.
type member struct {
	seq      sequence.Sequence
	received int // messages of this trial
}

// receive counts a message. It runs on the loop of the member's connection.
func (t *trial) receive(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	m := &t.members[c.Tag()]
	m.seq.Message(payload)
	if bytes.Contains(payload, marker) {
		m.received++
		t.arrived.Add(1)
	}
}

// publish sends one message to each room, then the next message to each room, and so on. It waits
// for the deliveries; judge counts the missing ones.
func (t *trial) publish() {
	due := int64(0)
	for range t.texts {
		for room := 0; room < t.n; room += t.size {
			due += t.send(t.clients[room:min(room+t.size, t.n)])
			if !t.await(due - window) {
				return
			}
		}
	}
	t.await(due)
}

// send publishes a message as the room's first member and returns the number of members that should
// receive it.
func (t *trial) send(room []*wsclient.Client) (members int64) {
	var sender *wsclient.Client
	for _, c := range room {
		if c == nil {
			continue
		}
		members++
		if sender == nil {
			sender = c
		}
	}
	if sender != nil {
		_ = sender.Send([]byte(text)) // a message that was not sent counts as missing
	}
	return members
}

// await blocks until want messages have arrived, or none has arrived for patience. It reports whether
// want have arrived.
func (t *trial) await(want int64) bool {
	had, since := t.arrived.Load(), time.Now()
	for had < want && time.Since(since) < patience {
		time.Sleep(5 * time.Millisecond)
		if now := t.arrived.Load(); now > had {
			had, since = now, time.Now()
		}
	}
	return had >= want
}

// judge compares the messages that each member received with those it should have received. The pool
// must be shut down.
func (t *trial) judge(ended uint64) error {
	var report sequence.Report
	var due, received, short int
	for i, c := range t.clients {
		if c == nil {
			continue
		}
		m := t.members[i]
		report.Add(m.seq)
		due += t.texts
		received += m.received
		if m.received != t.texts {
			short++
		}
	}
	flaws := report.Lost + report.Duplicated + report.OutOfOrder + report.Unnumbered
	t.print("deliveries", "%d of %d, %d members missed some", received, due, short)
	t.print("room numbers", "%d lost, %d duplicated, %d out of order, %d without a number",
		report.Lost, report.Duplicated, report.OutOfOrder, report.Unnumbered)
	if short > 0 || ended > 0 || flaws > 0 {
		return errors.New("a connection ended, or messages were lost, duplicated or out of order: see the counts")
	}
	return nil
}
