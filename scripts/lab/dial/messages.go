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
	// window is how many deliveries may be under way: few, so that the answers to
	// pings do not wait behind them.
	window = 1000
	// patience is how long nothing may arrive before the rest counts as lost.
	patience = time.Minute
)

var marker = []byte(`"text":"` + text + `"`)

// member is what one connection received. Its loop owns it until the pool is shut down.
type member struct {
	seq   sequence.Sequence
	heard int // of the messages sent here
}

// hear counts a message, on the loop of its member.
func (t *trial) hear(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	m := &t.members[c.Tag()]
	m.seq.Message(payload)
	if bytes.Contains(payload, marker) {
		m.heard++
		t.arrived.Add(1)
	}
}

// publish sends the messages, one to each room and then the next one, and waits for
// them. What is missing in the end, judge counts.
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

// send has the first member of a room speak, and returns how many should hear it.
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
		_ = sender.Send([]byte(text)) // what is not sent does not arrive, and is missed there
	}
	return members
}

// await blocks until want messages have arrived, or nothing does any more.
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

// judge compares what each member heard with what it should have. The pool is shut down.
func (t *trial) judge(ended uint64) error {
	var report sequence.Report
	var due, heard, short int
	for i, c := range t.clients {
		if c == nil {
			continue
		}
		m := t.members[i]
		report.Add(m.seq)
		due += t.texts
		heard += m.heard
		if m.heard != t.texts {
			short++
		}
	}
	flaws := report.Lost + report.Duplicated + report.OutOfOrder + report.Unnumbered
	t.print("deliveries", "%d of %d, %d members went short", heard, due, short)
	t.print("room numbers", "%d lost, %d doubled, %d disordered, %d missing",
		report.Lost, report.Duplicated, report.OutOfOrder, report.Unnumbered)
	if short > 0 || ended > 0 || flaws > 0 {
		return errors.New("something was lost, see the counts")
	}
	return nil
}
