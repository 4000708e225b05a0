//go:build faults

package faults

import (
	"fmt"
	"time"
)

// order is what was said in the rooms, as all heard it.
type order struct {
	said  map[string]map[position]string // by room
	times map[string]int                 // that a text has a place
	epoch map[string]string              // of each room
	gaps  int                            // that were told
	lost  int                            // messages in them, of all listeners
	fault []string
}

func (o *order) failf(format string, args ...any) {
	const most = 20
	if len(o.fault) < most {
		o.fault = append(o.fault, fmt.Sprintf(format, args...))
	}
}

// system is the sender of what the server says itself, the same words again and again.
const system = "System"

// verify holds that each listener has heard each message of its rooms once and in order, but for
// those it was told it has missed; that all have heard the same at each place; that what was
// answered as published is there, as it was said; that nothing is there that was refused; and
// that nothing is there twice.
func verify(listeners []*listener, said []utterance) *order {
	o := &order{said: map[string]map[position]string{}, times: map[string]int{}, epoch: map[string]string{}}
	for _, e := range listeners {
		e.mu.Lock()
		for _, room := range e.rooms {
			o.follow(e.name, room, e.heard[room])
		}
		for _, fault := range e.errors {
			o.failf("%s", fault)
		}
		e.mu.Unlock()
	}
	for _, u := range said {
		o.account(u)
	}
	for text, times := range o.times {
		if times > 1 {
			o.failf("%q was said once and is there %d times", text, times)
		}
	}
	return o
}

// follow goes through what one listener has heard of a room.
func (o *order) follow(name, room string, words []word) {
	if o.said[room] == nil {
		o.said[room] = map[position]string{}
	}
	var at position
	for _, w := range words {
		switch w.Type {
		case "joined":
			at = o.join(name, room, at, w)
		case "gap":
			o.gap(name, room, at, w)
			at = position{w.Epoch, w.To}
		default:
			if w.Seq != at.seq+1 {
				o.failf("%s in %s: behind %s came %d", name, room, at, w.Seq)
			}
			at.seq = w.Seq
			o.put(name, room, at, w)
		}
	}
}

// join is where a listener goes on that has been at a place.
func (o *order) join(name, room string, at position, w word) position {
	switch {
	case o.epoch[room] == "":
		o.epoch[room] = w.Epoch
	case w.Epoch != o.epoch[room]:
		o.failf("%s: the room %s is in %s, and was in %s", name, room, w.Epoch, o.epoch[room])
	}
	if w.since == nil {
		return position{w.Epoch, w.Seq}
	}
	if *w.since != at {
		o.failf("%s in %s: came back to %s and was at %s", name, room, w.since, at)
	}
	if w.Recovered && w.Epoch != at.epoch {
		o.failf("%s in %s: recovered from %s to %s", name, room, at, w.Epoch)
	}
	return at
}

func (o *order) gap(name, room string, at position, w word) {
	if w.Epoch != o.epoch[room] || w.From != at.seq+1 || w.To < w.From {
		o.failf("%s in %s: behind %s is a gap from %d to %d of %s", name, room, at, w.From, w.To, w.Epoch)
	}
	o.gaps++
	o.lost += int(w.To + 1 - w.From)
}

func (o *order) put(name, room string, at position, w word) {
	is := w.Sender + ": " + w.Text
	was, known := o.said[room][at]
	if !known {
		o.said[room][at] = is
		if w.Sender != system {
			o.times[w.Text]++
		}
		return
	}
	if was != is {
		o.failf("%s in %s at %s: %q, and others heard %q", name, room, at, is, was)
	}
}

// account holds that what was told of a message is true. Each listener stays in its rooms to the
// end, so that what none has heard is in a gap of all of them, which is one that no test has.
func (o *order) account(u utterance) {
	switch is := o.said[u.room][u.at]; {
	case u.is == published && is != u.sender+": "+u.text:
		o.failf("%q was published in %s at %s, where there is %q", u.text, u.room, u.at, is)
	case (u.is == refused || u.is == unsent) && o.times[u.text] > 0:
		o.failf("%q was %s in %s, and is there", u.text, u.is, u.room)
	}
}

// promptly holds of a node that whoever spoke while it said that the bus is away was answered
// at once. It returns how many were, and the longest time it took. Those that spoke in the
// first and the last moment of it may belong to the time before or after.
func promptly(n *node, said []utterance) (times int, longest time.Duration, late []string) {
	const bound, margin = 2 * time.Second, 500 * time.Millisecond
	for _, out := range n.outages() {
		for _, u := range said {
			if u.node != n || u.sent.Before(out.from.Add(margin)) || u.sent.After(out.to.Add(-margin)) || u.is == unsent {
				continue
			}
			times++
			took := u.answered.Sub(u.sent)
			longest = max(longest, took)
			if u.is != refused || took > bound {
				late = append(late, fmt.Sprintf("%s: %q was %s after %s, %s into the outage", n.name, u.text, u.is, took, u.sent.Sub(out.from)))
			}
		}
	}
	return times, longest, late
}
