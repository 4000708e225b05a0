package suite

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	eventually   = 30 * time.Second
	pollInterval = 10 * time.Millisecond
)

// onWrite is a writer that calls the function for each write.
type onWrite func()

func (f onWrite) Write(b []byte) (int, error) { f(); return len(b), nil }

func newCut(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

// alive reports whether a process runs. A zombie does not.
func alive(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestAServerThatIgnoresSIGTERMIsKilled(t *testing.T) {
	t.Setenv(serveEnv, "1")
	t.Setenv(ignoreTermEnv, "1")
	p, err := start(t.Context(), []string{os.Args[0]}, readyLine)
	require.NoError(t, err)
	p.stop(pollInterval)
	assert.Equal(t, -1, p.cmd.ProcessState.ExitCode(), "a signal ended it")
}

func TestAServerWithoutAReadyLineIsStoppedWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := start(ctx, []string{"sleep", "60"}, readyLine)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = start(t.Context(), []string{"/nowhere/server"}, readyLine)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestTheAddressIsFoundInAReadyLineSplitOverWrites(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		findsAddress(t, "log: starts\npeer raw serves "+scheme+"://127.0.0.1:8080/ now\nmore\n")
	}
}

func findsAddress(t *testing.T, text string) {
	for cut := range len(text) {
		o := &output{ready: readyLine, found: make(chan []string, 1)}
		for _, part := range []string{strings.Repeat("noise\n", 1000), text[:cut], text[cut:], text} {
			n, err := o.Write([]byte(part))
			require.NoError(t, err)
			require.Equal(t, len(part), n)
		}
		require.Equal(t, []string{"127.0.0.1:8080"}, <-o.found)
		require.LessOrEqual(t, len(o.text), mostText)
	}
}
