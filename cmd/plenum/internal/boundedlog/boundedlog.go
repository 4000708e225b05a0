// Package boundedlog warns the operator of events that clients cause, without letting clients
// fill the log.
package boundedlog

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a Log.
const (
	logMinute      = time.Minute
	linesPerMinute = 10  // values per minute
	longestShown   = 300 // bytes of a value: a host name has at most 253
)

// Log warns the operator of events by a value that clients chose, such as the origin of a
// refused request. Each value is logged at most once per minute, and at most ten values are.
// One line per minute counts the events with other values.
type Log struct {
	// Set at creation.
	log                *slog.Logger
	message, key, rest string // rest is the message of the count

	total atomic.Uint64

	mu     sync.Mutex
	logged map[string]bool // in this minute
	others uint64          // events with other values in this minute
}

// New returns a Log of events. Each line says message, and has the value as the attribute key. The
// line that counts the events with other values says rest.
func New(log *slog.Logger, message, key, rest string) *Log {
	return &Log{log: log, message: message, key: key, rest: rest, logged: map[string]bool{}}
}

// Add counts an event. args are further attributes of its line.
func (l *Log) Add(value string, args ...any) {
	l.total.Add(1)
	value = Shown(value)
	if l.isNew(value) {
		l.log.Warn(l.message, append([]any{l.key, value}, args...)...)
	}
}

// Total returns how many events there were.
func (l *Log) Total() uint64 { return l.total.Load() }

// isNew reports whether value gets a line of its own.
func (l *Log) isNew(value string) bool {
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

// Watch begins a new minute once per minute, until ctx ends.
func (l *Log) Watch(ctx context.Context) {
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

func (l *Log) endMinute() {
	l.mu.Lock()
	others := l.others
	l.others = 0
	clear(l.logged)
	l.mu.Unlock()
	if others > 0 {
		l.log.Warn(l.rest, "count", others)
	}
}

// Shown returns a client's text for the log: bounded, in printable ASCII, with all else escaped.
func Shown(text string) string {
	cut := text[:min(len(text), longestShown)]
	quoted := strconv.QuoteToASCII(cut)
	quoted = quoted[1 : len(quoted)-1]
	if len(cut) < len(text) {
		quoted += "..."
	}
	return quoted
}
