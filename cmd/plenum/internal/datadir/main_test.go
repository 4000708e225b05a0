package datadir

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"plenum/rooms/natsbus"
)

// TestMain fails if a goroutine is left over. Those of nats-server may outlast its WaitForShutdown by seconds.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"))
}

// stream is the stream of the tests.
const stream = natsbus.StreamName

// logged is the log of a test.
type logged struct{ strings.Builder }

// opens opens a directory until the test ends.
func opens(t *testing.T, dir string) (*Store, *logged) {
	t.Helper()
	s, log, err := tries(dir)
	require.NoError(t, err)
	t.Cleanup(func() {
		if s.lock.Fd() != ^uintptr(0) { // not closed yet
			assert.NoError(t, s.Close())
		}
	})
	return s, log
}

func tries(dir string) (*Store, *logged, error) {
	log := &logged{}
	s, err := Open(Config{Dir: dir, Sync: time.Second, MaxMessage: 64 << 10, Logger: slog.New(slog.NewTextHandler(log, nil))})
	return s, log, err
}

// jetStream returns the JetStream of the store, until the test ends.
func (s *Store) jetStream(t *testing.T) nats.JetStreamContext {
	t.Helper()
	conn, err := nats.Connect("", nats.InProcessServer(s))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := conn.JetStream()
	require.NoError(t, err)
	return js
}

// publishes publishes messages, some with a header, and returns the stream's last sequence number.
func (s *Store) publishes(t *testing.T, messages int) (last uint64) {
	t.Helper()
	return s.publishesTo(t, stream, messages)
}

// publishesTo is publishes for a stream.
func (s *Store) publishesTo(t *testing.T, stream string, messages int) (last uint64) {
	t.Helper()
	js := s.jetStream(t)
	if _, err := js.StreamInfo(stream); err != nil {
		_, err = js.AddStream(&nats.StreamConfig{Name: stream, Subjects: []string{"in." + stream + ".*"}, MaxMsgsPerSubject: 50})
		require.NoError(t, err)
	}
	for i := range messages {
		m := nats.NewMsg(fmt.Sprint("in.", stream, ".", i%3))
		m.Data = []byte(fmt.Sprint("message ", i))
		if i%2 == 0 {
			m.Header.Set("Some", "header")
		}
		ack, err := js.PublishMsg(m)
		require.NoError(t, err)
		last = ack.Sequence
	}
	return last
}

// isKilled returns a copy of the directory as a killed process would leave it.
func (s *Store) isKilled(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(dir, os.DirFS(s.dir)))
	return dir
}

// onFileSystem mounts a file system of this size in memory, and returns its folder. It skips t if that is not permitted.
func onFileSystem(t *testing.T, mebibytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mebibytes)); err != nil {
		t.Skipf("a file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, unix.Unmount(dir, 0)) })
	return dir
}
