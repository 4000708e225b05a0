package client

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ear is a client that remembers what it has heard.
type ear struct {
	*Client
	t      *testing.T
	leave  func() // ends it and waits
	result error  // what Run returned

	mu     sync.Mutex
	events []Event
	heard  map[string]int             // texts, how often
	at     map[string]Place           // where it is in each room
	lives  map[string]map[string]bool // the epochs it has joined of each room
}

func (e *ear) record() {
	for event := range e.Events() {
		e.mu.Lock()
		e.events = append(e.events, event)
		switch v := event.(type) {
		case Message:
			e.heard[v.Text]++
			e.at[v.Room] = v.Place
		case Gap:
			e.at[v.Room] = Place{v.Epoch, v.To}
		case Joined:
			if e.lives[v.Room] == nil {
				e.lives[v.Room] = map[string]bool{}
			}
			e.lives[v.Room][v.Epoch] = true
		}
		e.mu.Unlock()
	}
}

// until waits for what holds of it.
func (e *ear) until(what string, holds func() bool) {
	e.t.Helper()
	require.Eventually(e.t, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return holds()
	}, soon, tick, what)
}

// hears waits for a text.
func (e *ear) hears(text string) {
	e.t.Helper()
	e.until(text, func() bool { return e.heard[text] > 0 })
}

// passes waits until it has heard a message or knows that it will not.
func (e *ear) passes(s said) {
	e.t.Helper()
	e.until(s.text, func() bool { at := e.at[s.room]; return at.Epoch == s.at.Epoch && at.Seq >= s.at.Seq })
}

// isIn waits until it has been in so many lives of a room.
func (e *ear) isIn(room string, lives int) {
	e.t.Helper()
	e.until(room, func() bool { return len(e.lives[room]) >= lives })
}

// account is what became of a room's messages for one ear.
type account struct {
	texts  map[Place]string
	lost   map[string][]Gap // by epoch
	left   map[string]Place // epochs that were lost behind a place
	joined Place
}

// accounts goes through what was heard, as a program would read it: in each room every number
// follows the one before, or a gap is between them that begins and ends right there.
func (e *ear) accounts() map[string]*account {
	all, at := map[string]*account{}, map[string]Place{}
	for _, event := range e.events {
		switch v := event.(type) {
		case Joined:
			if all[v.Room] == nil {
				all[v.Room] = &account{map[Place]string{}, map[string][]Gap{}, map[string]Place{}, v.Place}
				at[v.Room] = v.Place
			}
		case Message:
			require.Equal(e.t, Place{at[v.Room].Epoch, at[v.Room].Seq + 1}, v.Place, "%s: %s", v.Room, v.Text)
			all[v.Room].texts[v.Place], at[v.Room] = v.Text, v.Place
		case Gap:
			a := all[v.Room]
			require.Equal(e.t, at[v.Room], v.After)
			from := v.After.Seq + 1
			if v.Epoch != v.After.Epoch {
				from, a.left[v.After.Epoch] = 1, v.After
			}
			require.Equal(e.t, from, v.From)
			require.GreaterOrEqual(e.t, v.To+1, v.From)
			a.lost[v.Epoch], at[v.Room] = append(a.lost[v.Epoch], v), Place{v.Epoch, v.To}
		case Refused:
			require.Fail(e.t, "refused", "%+v", v)
		}
	}
	return all
}

// gaps are those it was told of, in all rooms.
func (e *ear) gaps() (all []Gap) {
	for _, event := range e.events {
		if g, ok := event.(Gap); ok {
			all = append(all, g)
		}
	}
	return all
}

// excuses tells whether it was said that the message at p may not have been heard.
func (a *account) excuses(p Place) bool {
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

// answersFor wants every message that was said to have been heard once or to be in a gap. It
// returns how many are.
func (e *ear) answersFor(all []said) (lost int) {
	accounts := e.accounts()
	for _, s := range all {
		times := e.heard[s.text]
		switch a := accounts[s.room]; {
		case s.refused:
			assert.Zero(e.t, times, "%s was not said", s.text)
		case s.unknown:
			assert.LessOrEqual(e.t, times, 1, "%s is doubled", s.text)
		case times == 1:
			assert.Equal(e.t, s.text, a.texts[s.at])
		default:
			lost++
			assert.Zero(e.t, times, "%s is doubled", s.text)
			assert.True(e.t, a.excuses(s.at), "%s at %s in %s is lost without a word", s.text, s.at, s.room)
		}
	}
	return lost
}
