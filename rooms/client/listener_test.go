package client

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listener is a client that records its events.
type listener struct {
	*Client
	t      *testing.T
	stop   func() // ends Run, and waits until it has returned
	result error  // of Run

	mu        sync.Mutex
	events    []Event
	received  map[string]int             // how often each text was received
	positions map[string]Position        // by room
	epochs    map[string]map[string]bool // the epochs in which each room was joined
}

func (e *listener) record() {
	for event := range e.Events() {
		e.mu.Lock()
		e.events = append(e.events, event)
		switch v := event.(type) {
		case Message:
			e.received[v.Text]++
			e.positions[v.Room] = v.Position
		case Gap:
			e.positions[v.Room] = Position{v.Epoch, v.To}
		case Joined:
			if e.epochs[v.Room] == nil {
				e.epochs[v.Room] = map[string]bool{}
			}
			e.epochs[v.Room][v.Epoch] = true
		}
		e.mu.Unlock()
	}
}

// until waits until a condition holds. The condition is called with mu held.
func (e *listener) until(what string, holds func() bool) {
	e.t.Helper()
	require.Eventually(e.t, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return holds()
	}, soon, tick, what)
}

// awaitText waits until a text is received.
func (e *listener) awaitText(text string) {
	e.t.Helper()
	e.until(text, func() bool { return e.received[text] > 0 })
}

// awaitMessageOrGap waits until a message is received, or a gap for it.
func (e *listener) awaitMessageOrGap(s published) {
	e.t.Helper()
	e.until(s.text, func() bool { at := e.positions[s.room]; return at.Epoch == s.at.Epoch && at.Seq >= s.at.Seq })
}

// awaitEpochs waits until a room was joined in a number of epochs.
func (e *listener) awaitEpochs(room string, epochs int) {
	e.t.Helper()
	e.until(room, func() bool { return len(e.epochs[room]) >= epochs })
}

// account has the messages of a room that a listener received or lost.
type account struct {
	texts  map[Position]string
	lost   map[string][]Gap    // by epoch
	left   map[string]Position // by epoch that ended: the position after which all messages are lost
	joined Position
}

// accounts reads the recorded events, and returns the accounts of all rooms. In each room every number must follow the
// previous one, or a gap must have exactly the numbers between them.
func (e *listener) accounts() map[string]*account {
	all, at := map[string]*account{}, map[string]Position{}
	for _, event := range e.events {
		switch v := event.(type) {
		case Joined:
			if all[v.Room] == nil {
				all[v.Room] = &account{map[Position]string{}, map[string][]Gap{}, map[string]Position{}, v.Position}
				at[v.Room] = v.Position
			}
		case Message:
			require.Equal(e.t, Position{at[v.Room].Epoch, at[v.Room].Seq + 1}, v.Position, "%s: %s", v.Room, v.Text)
			all[v.Room].texts[v.Position], at[v.Room] = v.Text, v.Position
		case Gap:
			a := all[v.Room]
			require.Equal(e.t, at[v.Room], v.After)
			from := v.After.Seq + 1
			if v.Epoch != v.After.Epoch {
				from, a.left[v.After.Epoch] = 1, v.After
			}
			require.Equal(e.t, from, v.From)
			require.GreaterOrEqual(e.t, v.To+1, v.From)
			a.lost[v.Epoch], at[v.Room] = append(a.lost[v.Epoch], v), Position{v.Epoch, v.To}
		case Refused:
			require.Fail(e.t, "refused", "%+v", v)
		}
	}
	return all
}

// gaps returns the gaps of all rooms.
func (e *listener) gaps() (all []Gap) {
	for _, event := range e.events {
		if g, ok := event.(Gap); ok {
			all = append(all, g)
		}
	}
	return all
}

// isLost reports whether a gap covers the message at p.
func (a *account) isLost(p Position) bool {
	if left, ok := a.left[p.Epoch]; ok && p.Seq > left.Seq {
		return true
	}
	for _, g := range a.lost[p.Epoch] {
		if g.From <= p.Seq && p.Seq <= g.To {
			return true
		}
	}
	return false
}

// requireReceivedOrLost expects that each published message was received once, or is in a gap. It returns how many are
// in gaps.
func (e *listener) requireReceivedOrLost(all []published) (lost int) {
	accounts := e.accounts()
	for _, s := range all {
		times := e.received[s.text]
		switch a := accounts[s.room]; {
		case s.refused:
			assert.Zero(e.t, times, "%s was not published", s.text)
		case s.unknown:
			assert.LessOrEqual(e.t, times, 1, "%s is duplicated", s.text)
		case times == 1:
			assert.Equal(e.t, s.text, a.texts[s.at])
		default:
			lost++
			assert.Zero(e.t, times, "%s is duplicated", s.text)
			assert.True(e.t, a.isLost(s.at), "%s at %s in %s is missing, and no gap reports it", s.text, s.at, s.room)
		}
	}
	return lost
}
