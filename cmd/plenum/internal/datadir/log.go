package datadir

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"plenum/cmd/plenum/internal/boundedlog"
)

// Parts of nats-server's lines.
const (
	missing   = "could not locate msg block"              // a file of messages is gone
	notStored = "failed to store a msg"                   // for any reason
	forbidden = "Filesystem permission denied while writ" // nats-server then stores nothing until it is started again
)

// logger writes the warnings and errors of nats-server to this server's log, and keeps the last ones.
type logger struct {
	log     *slog.Logger
	bounded *boundedlog.Log
	space   *space

	mu     sync.Mutex
	text   string // the last warning or error
	damage string // the last warning or error that contains missing
}

func newLogger(log *slog.Logger, space *space) *logger {
	return &logger{log: log, space: space, bounded: boundedlog.New(log, "data: nats-server reports a problem", "text", "data: nats-server reports further problems")}
}

// watch bounds the lines per minute until ctx ends.
func (l *logger) watch(ctx context.Context) { l.bounded.Watch(ctx) }

// last returns the last warning or error.
func (l *logger) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

// missing returns the warning that a file of messages is gone; empty: there was none.
func (l *logger) missing() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.damage
}

// problem handles a warning or an error.
func (l *logger) problem(format string, v []any) {
	text := strings.TrimSpace(fmt.Sprintf(format, v...))
	l.bounded.Add(text)
	if strings.Contains(text, notStored) || strings.Contains(text, forbidden) {
		l.space.fail()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text = text; strings.Contains(text, missing) {
		l.damage = text
	}
}

// Noticef implements server.Logger.
func (l *logger) Noticef(format string, v ...any) {
	l.log.Debug("data: nats-server says", "text", strings.TrimSpace(fmt.Sprintf(format, v...)))
}

// Debugf implements server.Logger.
func (l *logger) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (l *logger) Tracef(string, ...any) {}

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) { l.problem(format, v) }

// Errorf implements server.Logger.
func (l *logger) Errorf(format string, v ...any) { l.problem(format, v) }

// Fatalf implements server.Logger. It does not end the process: startBroker returns the text.
func (l *logger) Fatalf(format string, v ...any) { l.problem(format, v) }
