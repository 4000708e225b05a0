// Package boundedlog logs events that clients cause, and limits the number of lines so that clients cannot fill
// the log.
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
	linesPerMinute = 10  // different values that are logged
	longestShown   = 300 // bytes of a value that are logged; a host name has at most 253
)

// Log logs events with a value that clients choose, such as the origin of a refused request. In
// each minute it logs at most ten different values, and each of them once. Events with
// further values are counted, and one line per minute logs their number.
type Log struct {
	// Set at creation.
	log                *slog.Logger
	message, key, rest string // rest is the message of the line with the number of further events

	total atomic.Uint64

	mu     sync.Mutex
	logged map[string]bool // values logged in this minute
	others uint64          // events with further values in this minute
}

// New returns a Log. The line of an event has the text message and the value as the attribute key. The line
// with the number of further events has the text rest. Watch must run.
func New(log *slog.Logger, message, key, rest string) *Log {
	return &Log{log: log, message: message, key: key, rest: rest, logged: map[string]bool{}}
}

// Add counts an event and logs it if the limits allow. args are further attributes of its line.
func (l *Log) Add(value string, args ...any) {
	l.total.Add(1)
	value = Shown(value)
	if l.isNew(value) {
		l.log.Warn(l.message, append([]any{l.key, value}, args...)...)
	}
}

// Total returns the number of all events.
func (l *Log) Total() uint64 { return l.total.Load() }

// isNew reports whether value is to be logged. If the limit prevents that, it counts the event.
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

// Watch logs the number of further events and resets the limits once per minute, until ctx ends.
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

// Shown returns a client's text in a form that is safe to log. It is cut to 300 bytes, and all characters other
// than printable ASCII are escaped.
func Shown(text string) string {
	cut := text[:min(len(text), longestShown)]
	quoted := strconv.QuoteToASCII(cut)
	quoted = quoted[1 : len(quoted)-1]
	if len(cut) < len(text) {
		quoted += "..."
	}
	return quoted
}
