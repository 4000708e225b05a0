//go:build faults

package faults

import (
	"fmt"
	"time"
)

// history is the content of the rooms as the listeners received it.
type history struct {
	texts  map[string]map[position]string // sender and text, by room
	copies map[string]int                 // number of positions at which a text is
	epoch  map[string]string              // of each room
	gaps   int                            // number of gap frames
	lost   int                            // messages in gaps, of all listeners together
	errors []string
}

func (o *history) failf(format string, args ...any) {
	const most = 20
	if len(o.errors) < most {
		o.errors = append(o.errors, fmt.Sprintf(format, args...))
	}
}

// system is the sender of the server's own messages, whose texts are not unique.
const system = "System"

// verify checks the guarantees of a cluster:
//
//   - Each listener has received each message of its rooms once and in order, or a gap for it.
//   - All listeners have received the same message at each position.
//   - A message that was answered as published is at its position.
//   - A message that was refused is at no position.
//   - No message is at two positions.
func verify(listeners []*listener, sent []sentMessage) *history {
	o := &history{texts: map[string]map[position]string{}, copies: map[string]int{}, epoch: map[string]string{}}
	for _, e := range listeners {
		e.mu.Lock()
		for _, room := range e.rooms {
			o.follow(e.name, room, e.frames[room])
		}
		for _, fault := range e.errors {
			o.failf("%s", fault)
		}
		e.mu.Unlock()
	}
	for _, u := range sent {
		o.account(u)
	}
	for text, times := range o.copies {
		if times > 1 {
			o.failf("%q was sent once and is at %d positions", text, times)
		}
	}
	return o
}

// follow checks the frames that one listener has received of a room.
func (o *history) follow(name, room string, frames []frame) {
	if o.texts[room] == nil {
		o.texts[room] = map[position]string{}
	}
	var at position
	for _, w := range frames {
		switch w.Type {
		case "joined":
			at = o.join(name, room, at, w)
		case "gap":
			o.gap(name, room, at, w)
			at = position{w.Epoch, w.To}
		default:
			if w.Seq != at.seq+1 {
				o.failf("%s in %s: seq %[4]d was received after %[3]s", name, room, at, w.Seq)
			}
			at.seq = w.Seq
			o.put(name, room, at, w)
		}
	}
}

// join checks a joined frame of a listener that was at a position. It returns the position after
// the frame.
func (o *history) join(name, room string, at position, w frame) position {
	switch {
	case o.epoch[room] == "":
		o.epoch[room] = w.Epoch
	case w.Epoch != o.epoch[room]:
		o.failf("%s: the epoch of room %s is %s, and was %s", name, room, w.Epoch, o.epoch[room])
	}
	if w.since == nil {
		return position{w.Epoch, w.Seq}
	}
	if *w.since != at {
		o.failf("%s in %s: resumed at %s after %s", name, room, w.since, at)
	}
	if w.Recovered && w.Epoch != at.epoch {
		o.failf("%s in %s: recovered from %s to %s", name, room, at, w.Epoch)
	}
	return at
}

func (o *history) gap(name, room string, at position, w frame) {
	if w.Epoch != o.epoch[room] || w.From != at.seq+1 || w.To < w.From {
		o.failf("%s in %s: after %s a gap from %d to %d of epoch %s", name, room, at, w.From, w.To, w.Epoch)
	}
	o.gaps++
	o.lost += int(w.To + 1 - w.From)
}

func (o *history) put(name, room string, at position, w frame) {
	is := w.Sender + ": " + w.Text
	was, known := o.texts[room][at]
	if !known {
		o.texts[room][at] = is
		if w.Sender != system {
			o.copies[w.Text]++
		}
		return
	}
	if was != is {
		o.failf("%s in %s at %s: %q, but another listener received %q", name, room, at, is, was)
	}
}

// account checks the answer to a message. Listeners stay in their rooms to the end. So a published
// message that none of them received could only be in a gap of all of them. No test causes such a
// gap, so it is an error.
func (o *history) account(u sentMessage) {
	switch is := o.texts[u.room][u.at]; {
	case u.outcome == published && is != u.sender+": "+u.text:
		o.failf("%q was published in %s at %s, but %q is there", u.text, u.room, u.at, is)
	case (u.outcome == refused || u.outcome == unsent) && o.copies[u.text] > 0:
		o.failf("%q was %s in %s, but was received", u.text, u.outcome, u.room)
	}
}

// answersDuringOutages checks that a node that reports an outage of the bus refuses messages at
// once. It returns the number of messages during outages, the longest time to an answer, and
// errors. It leaves out messages near the beginning and the end of an outage, because the node may
// have handled them before or after it.
func answersDuringOutages(n *node, sent []sentMessage) (times int, longest time.Duration, late []string) {
	const bound, margin = 2 * time.Second, 500 * time.Millisecond
	for _, out := range n.outages() {
		for _, u := range sent {
			if u.node != n || u.sent.Before(out.from.Add(margin)) || u.sent.After(out.to.Add(-margin)) || u.outcome == unsent {
				continue
			}
			times++
			took := u.answered.Sub(u.sent)
			longest = max(longest, took)
			if u.outcome != refused || took > bound {
				late = append(late, fmt.Sprintf("%s: %q was %s after %s, %s into the outage", n.name, u.text, u.outcome, took, u.sent.Sub(out.from)))
			}
		}
	}
	return times, longest, late
}
