package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"plenum/bench/drive"
	"plenum/bench/load"
)

// newTerminal opens a terminal of that width. text closes it, and returns the text that was written to it.
func newTerminal(t *testing.T, columns int) (terminal *os.File, text func() string) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { screen.Close() })
	fd := int(screen.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { terminal.Close() })
	resize(t, terminal, columns)
	read := make(chan string, 1)
	go func() {
		all, _ := bufio.NewReader(screen).ReadString(0)
		read <- strings.TrimSuffix(all, "\x00")
	}()
	return terminal, func() string {
		_, err := terminal.Write([]byte{0}) // a text that is not read yet may be lost when the terminal is closed
		require.NoError(t, err)
		defer terminal.Close()
		return strings.ReplaceAll(<-read, "\r\n", "\n")
	}
}

func resize(t *testing.T, terminal *os.File, columns int) {
	t.Helper()
	require.NoError(t, unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}))
}

func TestTheLiveLineIsWrittenOverOnATerminal(t *testing.T) {
	terminal, text := newTerminal(t, 40)
	p := newProgress(terminal)
	p.show(drive.Live{Phase: "opening", Wanted: 5000, Live: load.Live{Connections: 3200}}, time.Now())
	p.show(drive.Live{Phase: "probing"}, time.Now())
	resize(t, terminal, 10)
	p.show(measuring(), time.Now())
	p.end()
	assert.Equal(t, []string{
		"", "opening 3200/5000  CPU 0.00", "probing  CPU 0.00 cores    ", "measuring", "         ", "",
	}, strings.Split(text(), "\r"))
}

func TestWithoutATerminalEachPhaseHasOneLine(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out)
	for _, phase := range []string{"opening", "opening", "probing"} {
		p.show(drive.Live{Phase: phase}, time.Now())
	}
	p.end()
	assert.Equal(t, "plenum-bench: opening\nplenum-bench: probing\n", out.String())
}

func TestATerminalThatDoesNotKnowItsWidthHas80Columns(t *testing.T) {
	terminal, _ := newTerminal(t, 0)
	assert.Equal(t, 80, columns(terminal))
	resize(t, terminal, 33)
	assert.Equal(t, 33, columns(terminal))
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	assert.False(t, isTerminal(null))
	assert.True(t, isTerminal(terminal))
}

func TestATerminalGetsTheSummaryAndNoJSON(t *testing.T) {
	t.Parallel()
	args := []string{"run", "echo", "--url", room(t, 0), "--rooms=1", "--members=1", "--rate=50", "--duration=200ms", "--warmup=0s", "--name=mine"}
	shown := func(args ...string) (out, errs string) {
		terminal, text := newTerminal(t, 80)
		var stderr strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_ = run(ctx, args, environ{}.lookup, strings.NewReader(""), terminal, &stderr) // a busy machine makes a generator late
		return text(), stderr.String()
	}
	out, errs := shown(args...)
	assert.Contains(t, out, ": mine echo, ")
	assert.Contains(t, out, "\n  sent           10 messages, ")
	assert.NotContains(t, out, "{")
	assert.Contains(t, out, "For the result as JSON, use --out FILE or a pipe.\n")
	assert.NotContains(t, errs, "mine echo", "the summary is written once")

	file := filepath.Join(t.TempDir(), "results.jsonl")
	out, _ = shown(append(args, "--out", file)...)
	assert.Contains(t, out, ": mine echo, ")
	assert.NotContains(t, out, "For the result as JSON")
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(written), "\n"))
}
