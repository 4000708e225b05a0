package natsbus

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// logBuffer is a log that several goroutines may write and read.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(line)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// connecting runs a node until its log contains text, and returns the log after the node has stopped.
func connecting(t *testing.T, url, text string) string {
	t.Helper()
	log := &logBuffer{}
	b, err := New(Config{URL: url, History: someHistory, Logger: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, b.Serve(ctx, t.Name())) })
	require.Eventually(t, func() bool { return strings.Contains(log.String(), text) }, wait, tick, "%s", log)
	cancel()
	running.Wait()
	return log.String()
}

const givenUp = "nats: connection given up"

func TestTheLogSaysWhyANodeCannotConnectAtItsStart(t *testing.T) {
	t.Parallel()
	log := connecting(t, "nats://127.0.0.1:1", "nats: connecting to the brokers failed")
	assert.Equal(t, 1, strings.Count(log, "nats: connecting to the brokers failed"), "once per 10 s: %s", log)
	assert.NotContains(t, log, givenUp)
}

// The NATS client does not try again after it was refused twice.
func TestTheLogSaysThatAWrongPasswordEndsTheConnection(t *testing.T) {
	t.Parallel()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: "plenum", Password: "right", NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(wait))
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	log := connecting(t, strings.Replace(s.ClientURL(), "//", "//plenum:wrong@", 1), givenUp)
	assert.Contains(t, log, "Authorization Violation")
	assert.NotContains(t, log, "wrong", "no password is logged")
}

func TestANodeThatStopsWarnsOfNothing(t *testing.T) {
	t.Parallel()
	url := startBroker(t, 0, t.TempDir()).ClientURL()
	log := connecting(t, url, "nats: brokers available")
	assert.NotContains(t, log, "level=WARN")
	assert.NotContains(t, log, "level=ERROR")
}
