//go:build faults

package faults

import (
	"fmt"
	"sync"
	"time"
)

// Error codes of the server: a command was refused during an outage of the bus, or its outcome
// is unknown.
const (
	codeBus     = "bus"
	codeUnknown = "unknown"
)

// outcome is the outcome of a message, as far as its sender knows.
type outcome string

const (
	open      outcome = "unanswered" // not answered yet, or the connection was lost
	published outcome = "published"
	refused   outcome = "refused" // certainly not published
	unknown   outcome = "unknown" // perhaps published: the server answered with the error code "unknown"
	unsent    outcome = "unsent"  // the node refused the connection
)

// outcomeOf returns the outcome of a message that the server answered with an error code.
func outcomeOf(code string) outcome {
	if code == codeUnknown {
		return unknown
	}
	return refused
}

// sentMessage is a message that a client sent. Its text is unique. The fields up to sent are set
// at creation; the others are guarded by ledger.mu.
type sentMessage struct {
	node               *node
	room, sender, text string
	sent               time.Time

	answered time.Time
	outcome  outcome
	at       position // if it was published
	reason   string   // if it was not published
}

// ledger records all messages that clients sent.
type ledger struct {
	mu  sync.Mutex
	all []*sentMessage
}

func (l *ledger) open(n *node, room, sender, text string) *sentMessage {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := &sentMessage{node: n, room: room, sender: sender, text: text, sent: time.Now(), outcome: open}
	l.all = append(l.all, u)
	return u
}

func (l *ledger) settle(u *sentMessage, is outcome, at position, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u.outcome, u.at, u.reason, u.answered = is, at, why, time.Now()
}

// entries returns a copy of all messages.
func (l *ledger) entries() (all []sentMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, u := range l.all {
		all = append(all, *u)
	}
	return all
}

// publishedSince reports whether a message that was sent to a node after since was published.
func (l *ledger) publishedSince(n *node, since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.all) - 1; i >= 0 && l.all[i].sent.After(since); i-- {
		if l.all[i].node == n && l.all[i].outcome == published {
			return true
		}
	}
	return false
}

// count returns the number of messages sent to a node after since, by outcome.
func (l *ledger) count(n *node, since time.Time) map[outcome]int {
	counts := map[outcome]int{}
	for _, u := range l.entries() {
		if u.node == n && u.sent.After(since) {
			counts[u.outcome]++
		}
	}
	return counts
}

// pause considers the messages of a node that were answered after since. It returns the longest
// time without a published message, and the longest wait for an answer with the outcome of that
// message.
func (l *ledger) pause(n *node, since time.Time) (still, waited time.Duration, whose outcome) {
	last := since
	for _, u := range l.entries() {
		if u.node != n || u.answered.Before(since) {
			continue
		}
		if took := u.answered.Sub(u.sent); took > waited {
			waited, whose = took, u.outcome
		}
		if u.outcome == published && u.answered.After(last) {
			still = max(still, u.answered.Sub(last))
			last = u.answered
		}
	}
	return still, waited, whose
}

// summary describes the outcomes of the messages sent to a node after since.
func (l *ledger) summary(n *node, since time.Time) string {
	still, waited, whose := l.pause(n, since)
	return fmt.Sprintf("%v; nothing published for %.2f s; longest wait for an answer %.2f s (%s)", l.count(n, since), still.Seconds(), waited.Seconds(), whose)
}
