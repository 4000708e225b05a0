package storm

import (
	"fmt"
	"math/bits"
)

// numbers is a set of small numbers, from 0 on, with one bit per number.
type numbers []uint64

func (n numbers) has(i int) bool { return i/64 < len(n) && n[i/64]&(1<<(i%64)) != 0 }

func (n *numbers) add(i int) {
	for len(*n) <= i/64 {
		*n = append(*n, 0)
	}
	(*n)[i/64] |= 1 << (i % 64)
}

// addAll adds the numbers of others.
func (n *numbers) addAll(others numbers) {
	for i, word := range others {
		if len(*n) <= i {
			*n = append(*n, 0)
		}
		(*n)[i] |= word
	}
}

// without returns how many of the numbers are not in others.
func (n numbers) without(others numbers) (count int) {
	for i, word := range n {
		if i < len(others) {
			word &^= others[i]
		}
		count += bits.OnesCount64(word)
	}
	return count
}

// The sources of the events of a channel.
const (
	fromBackEnd = iota
	fromMember
	sources
)

// record has the events that a member has received in its channel.
type record struct {
	epoch string
	seq   uint64 // of the last event, or of the subscription
	got   [sources]numbers

	repeated int // events that the member had received before
	gaps     int // plenum:gap events
	broken   int // events and recovered subscriptions whose seq does not fit the one before
}

// since is the position after which a subscription continues.
func (r *record) since() string { return fmt.Sprintf("%s:%d", r.epoch, r.seq) }

// subscribed notes the position of a subscription that has succeeded.
func (r *record) subscribed(epoch string, seq uint64, recovered bool) {
	if recovered && (epoch != r.epoch || seq != r.seq) {
		r.broken++
	}
	r.epoch, r.seq = epoch, seq
}

// gap notes that the server cannot send the events up to seq to.
func (r *record) gap(to uint64) {
	r.gaps++
	r.seq = to
}

// event notes an event.
func (r *record) event(seq uint64, source, number int) {
	if seq != r.seq+1 {
		r.broken++
	}
	r.seq = seq
	if r.got[source].has(number) {
		r.repeated++
	}
	r.got[source].add(number)
}
