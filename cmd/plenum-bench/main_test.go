package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/sequence"
)

// room serves one room and returns its URL. It drops every lose-th message; 0 means none.
func room(t *testing.T, lose int) string { return roomOf(t, lose, func(int) {}) }

// sleepyRoom serves a room that stops reading for hold after ten messages.
func sleepyRoom(t *testing.T, hold time.Duration) string {
	return roomOf(t, 0, func(sent int) {
		if sent == 10 {
			<-time.After(hold)
		}
	})
}

// roomOf serves a room that calls before with the number of each message before it is
// delivered.
func roomOf(t *testing.T, lose int, before func(sent int)) string {
	var mu sync.Mutex
	var members []*websocket.Conn
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		mu.Lock()
		members = append(members, conn)
		mu.Unlock()
		for {
			_, payload, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			mu.Lock()
			before(sent)
			if sent++; lose == 0 || sent%lose != 0 {
				for _, m := range members {
					_ = m.Write(r.Context(), websocket.MessageText, payload) // fails for a member that has left
				}
			}
			mu.Unlock()
		}
	}))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http", "ws", 1) + "/"
}

func ran(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	err = run(ctx, args, environ{}.lookup, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), err
}

func TestARunWritesOneLineOfJSON(t *testing.T) {
	t.Parallel()
	url := room(t, 0)
	fan := []string{"run", "fan-hot", "--url", url, "--members=3", "--rate=50", "--duration=200ms", "--warmup=0s", "--name=room", "--label=set=a"}
	stdout, stderr, err := ran(t, fan...)
	if status := exitStatus(err); status != 0 { // a busy machine makes a generator late
		require.Equal(t, statusInvalid, status, "%v", err)
	}
	assert.Equal(t, 1, strings.Count(stdout, "\n"))
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	assert.Equal(t, "fan-hot", r["scenario"])
	assert.Equal(t, "room", r["target"])
	assert.Equal(t, map[string]any{"set": "a"}, r["labels"])
	assert.Equal(t, 10.0, r["sent"])
	assert.Equal(t, 30.0, r["delivered"])
	assert.NotNil(t, r["delivery_ms"])
	assert.Contains(t, stderr, "plenum-bench: measuring\n", "one line per phase without a terminal")
	assert.Contains(t, stderr, "  connections    3\n  sent           10 messages, ")

	out := filepath.Join(t.TempDir(), "results.jsonl")
	for range 2 {
		stdout, _, _ := ran(t, append(fan, "--out", out)...)
		assert.Empty(t, stdout)
	}
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(text), "\n"), "results are appended")
}

// It is not parallel, because a run that lost messages is not valid if the generator was overrun.
func TestARunThatLostMessagesEndsWithStatus1(t *testing.T) {
	stdout, _, err := ran(t, "run", "echo", "--url", room(t, 5), "--rooms=1", "--members=1", "--rate=50",
		"--duration=200ms", "--warmup=0s", "--drain=100ms")
	assert.ErrorContains(t, err, "FAILED: ")
	assert.Equal(t, statusFailed, exitStatus(err))
	assert.Contains(t, stdout, `"lost":2,`)
	assert.NotContains(t, stdout, `"delivery_ms"`)
}

func TestARunWithSendersHeldBackEndsWithStatus4(t *testing.T) {
	t.Parallel()
	const hold = time.Second // twice the length of the run, in which 15 MB are due
	stdout, stderr, err := ran(t, "run", "fan-hot", "--url", sleepyRoom(t, hold), "--members=2", "--rate=1000", "--payload=30000",
		"--duration=500ms", "--warmup=0s")
	assert.Regexp(t, "^HELD BACK: [0-9.]+ % of the messages ", err)
	assert.Equal(t, statusHeldBack, exitStatus(err))
	assert.Contains(t, stdout, `"failures":[]`)
	assert.Contains(t, stdout, `"share_of_messages":0.`)
	assert.Regexp(t, `(?s)HELD BACK: .*\n  held back      [0-9.]+ % of the messages .*\n  delivery       p50 `, stderr)
}

func TestEachVerdictHasItsExitStatus(t *testing.T) {
	for want, r := range map[int]*bench.Result{
		0:             {Valid: true},
		statusFailed:  {Valid: true, Failures: []string{"lost"}, Cut: true},
		statusInvalid: {Reasons: []string{"late"}},
		statusCut:     {Cut: true, Reasons: []string{"late"}, HeldBack: &bench.HeldBackFigures{}},
		// The rate was not reached and nothing was lost, even if the generator was slow too.
		statusHeldBack: {HeldBack: &bench.HeldBackFigures{Late: 1}, Reasons: []string{"a loop was busy"}},
	} {
		assert.Equal(t, want, exitStatus(judged(r)))
	}
	search := &bench.Result{Cut: true, Saturate: &bench.SaturateFigures{Rate: 2000, LimitedBy: "interrupted"}}
	assert.EqualError(t, judged(search), "interrupted: sustained 2000 messages/s per room so far")
	assert.Equal(t, statusCut, exitStatus(judged(search)))
	overrun := bench.Result{
		Failures: []string{"lost"}, Reasons: []string{"a loop was overrun"},
		Flaws: sequence.Flaws{Lost: 1}, Generator: &bench.OwnUse{BusiestInterval: 1},
	}
	assert.EqualError(t, judged(&overrun), "INVALID: a loop was overrun", "the generator may have caused the failure")
	_, _, err := ran(t, "run", "echo", "--url=ws://127.0.0.1:1/", "--duration=1s")
	assert.ErrorContains(t, err, "connection refused")
	assert.Equal(t, statusFailed, exitStatus(err))
	_, _, err = ran(t, "run", "echo", "--out=/")
	assert.ErrorContains(t, err, "--out: open /: is a directory")
}

func TestAHostNameThatDoesNotResolveEndsWithStatus1(t *testing.T) {
	args := []string{"run", "echo", "--url=ws://no-such-host.invalid/"}
	_, _, err := ran(t, args...)
	assert.ErrorContains(t, err, `--url: the host name "no-such-host.invalid" does not resolve: `)
	assert.Equal(t, statusFailed, exitStatus(err))
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	err = run(interrupted, args, environ{}.lookup, strings.NewReader(""), io.Discard, io.Discard)
	assert.Equal(t, statusCut, exitStatus(err), "Ctrl-C ended the lookup: %v", err)
}

func TestTheVersionNamesTheBuild(t *testing.T) {
	stdout, _, err := ran(t, "version")
	require.NoError(t, err)
	assert.Regexp(t, `^plenum-bench .*, go1\..*, hdrhistogram-go .*\n$`, stdout)
}

func TestAShardEndsWhenItsOrdersEnd(t *testing.T) {
	stdout, _, err := ran(t, "shard")
	require.NoError(t, err)
	assert.Empty(t, stdout)
}
