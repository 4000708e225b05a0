//go:build faults

package faults

import (
	"fmt"
	"sync"
	"time"
)

// Codes of what could not be done without the bus, and of what nobody knows whether it was.
const (
	codeBus     = "bus"
	codeUnknown = "unknown"
)

// outcome is what became of a message, as far as who said it knows.
type outcome string

const (
	open      outcome = "unanswered" // it is on its way, or the connection was lost
	published outcome = "published"
	refused   outcome = "refused" // it is certain that it was not published
	unknown   outcome = "unknown" // said so by the server
	unsent    outcome = "unsent"  // the node was not there
)

// whether tells, by the server's code, whether a message that has failed may be published all
// the same.
func whether(code string) outcome {
	if code == codeUnknown {
		return unknown
	}
	return refused
}

// utterance is a message that was said. Its text is its own. Guarded by ledger.mu but for what
// is set at creation.
type utterance struct {
	node               *node // set at creation, as the others to sent
	room, sender, text string
	sent               time.Time

	answered time.Time
	is       outcome
	at       position // where it was published
	why      string   // it was not
}

// ledger is all that was said.
type ledger struct {
	mu  sync.Mutex
	all []*utterance
}

func (l *ledger) open(n *node, room, sender, text string) *utterance {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := &utterance{node: n, room: room, sender: sender, text: text, sent: time.Now(), is: open}
	l.all = append(l.all, u)
	return u
}

func (l *ledger) settle(u *utterance, is outcome, at position, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u.is, u.at, u.why, u.answered = is, at, why, time.Now()
}

// entries is a copy of what there is.
func (l *ledger) entries() (all []utterance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range l.all {
		all = append(all, *u)
	}
	return all
}

// tookSince tells whether a message that was said to a node after since is published.
func (l *ledger) tookSince(n *node, since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.all) - 1; i >= 0 && l.all[i].sent.After(since); i-- {
		if l.all[i].node == n && l.all[i].is == published {
			return true
		}
	}
	return false
}

// count is how many outcomes of each kind there are of what was said to a node after since.
func (l *ledger) count(n *node, since time.Time) map[outcome]int {
	counts := map[outcome]int{}
	for _, u := range l.entries() {
		if u.node == n && u.sent.After(since) {
			counts[u.is]++
		}
	}
	return counts
}

// pause is the longest time that nothing of what was said to a node was published, of those
// that ended after since, and the longest that somebody waited for an answer.
func (l *ledger) pause(n *node, since time.Time) (still, waited time.Duration, whose outcome) {
	last := since
	for _, u := range l.entries() {
		if u.node != n || u.answered.Before(since) {
			continue
		}
		if took := u.answered.Sub(u.sent); took > waited {
			waited, whose = took, u.is
		}
		if u.is == published && u.answered.After(last) {
			still = max(still, u.answered.Sub(last))
			last = u.answered
		}
	}
	return still, waited, whose
}

// story is what became of what was said to a node after since.
func (l *ledger) story(n *node, since time.Time) string {
	still, waited, whose := l.pause(n, since)
	return fmt.Sprintf("%v; nothing published for %.2f s; longest wait for an answer %.2f s (%s)", l.count(n, since), still.Seconds(), waited.Seconds(), whose)
}
