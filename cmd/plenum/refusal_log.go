package main

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a refusalLog.
const (
	refusalMinute  = time.Minute
	refusalsLogged = 10  // values per minute
	longestShown   = 300 // bytes of a value: a host name has at most 253
)

// refusalLog warns the operator of refused requests by a value that their clients chose, such
// as their origin. Each value is logged at most once per minute, and at most ten values are.
// One line per minute counts the requests with other values.
type refusalLog struct {
	// Set at creation.
	log                *slog.Logger
	message, key, rest string // rest is the message of the count

	total atomic.Uint64

	mu     sync.Mutex
	logged map[string]bool // in this minute
	others uint64          // requests with other values in this minute
}

func newRefusalLog(log *slog.Logger, message, key, rest string) *refusalLog {
	return &refusalLog{log: log, message: message, key: key, rest: rest, logged: map[string]bool{}}
}

// add counts a refused request. args are further attributes of its line.
func (l *refusalLog) add(value string, args ...any) {
	l.total.Add(1)
	value = shown(value)
	if l.isNew(value) {
		l.log.Warn(l.message, append([]any{l.key, value}, args...)...)
	}
}

// isNew reports whether value gets a line of its own.
func (l *refusalLog) isNew(value string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.logged[value]:
		return false
	case len(l.logged) == refusalsLogged:
		l.others++
		return false
	}
	l.logged[value] = true
	return true
}

// watch begins a new minute once per minute, until ctx ends.
func (l *refusalLog) watch(ctx context.Context) {
	ticker := time.NewTicker(refusalMinute)
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

func (l *refusalLog) endMinute() {
	l.mu.Lock()
	others := l.others
	l.others = 0
	clear(l.logged)
	l.mu.Unlock()
	if others > 0 {
		l.log.Warn(l.rest, "requests", others)
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
