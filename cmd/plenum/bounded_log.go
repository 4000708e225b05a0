package main

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a boundedLog.
const (
	logMinute      = time.Minute
	linesPerMinute = 10  // values per minute
	longestShown   = 300 // bytes of a value: a host name has at most 253
)

// boundedLog warns the operator of events by a value that clients chose, such as the origin of a
// refused request. Each value is logged at most once per minute, and at most ten values are.
// One line per minute counts the events with other values.
type boundedLog struct {
	// Set at creation.
	log                *slog.Logger
	message, key, rest string // rest is the message of the count

	total atomic.Uint64

	mu     sync.Mutex
	logged map[string]bool // in this minute
	others uint64          // events with other values in this minute
}

func newBoundedLog(log *slog.Logger, message, key, rest string) *boundedLog {
	return &boundedLog{log: log, message: message, key: key, rest: rest, logged: map[string]bool{}}
}

// add counts an event. args are further attributes of its line.
func (l *boundedLog) add(value string, args ...any) {
	l.total.Add(1)
	value = shown(value)
	if l.isNew(value) {
		l.log.Warn(l.message, append([]any{l.key, value}, args...)...)
	}
}

// isNew reports whether value gets a line of its own.
func (l *boundedLog) isNew(value string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.logged[value]:
		return false
	case len(l.logged) == linesPerMinute:
		l.others++
		return false
	}
	l.logged[value] = true
	return true
}

// watch begins a new minute once per minute, until ctx ends.
func (l *boundedLog) watch(ctx context.Context) {
	ticker := time.NewTicker(logMinute)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			l.endMinute()
			return
		case <-ticker.C:
			l.endMinute()
		}
	}
}

func (l *boundedLog) endMinute() {
	l.mu.Lock()
	others := l.others
	l.others = 0
	clear(l.logged)
	l.mu.Unlock()
	if others > 0 {
		l.log.Warn(l.rest, "count", others)
	}
}

// shown returns a client's text for the log: bounded, in printable ASCII, with all else escaped.
func shown(text string) string {
	cut := text[:min(len(text), longestShown)]
	quoted := strconv.QuoteToASCII(cut)
	quoted = quoted[1 : len(quoted)-1]
	if len(cut) < len(text) {
		quoted += "..."
	}
	return quoted
}
