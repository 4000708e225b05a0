package drive

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/internal/fakeserver"
	"plenum/bench/load"
	"plenum/bench/message"
	"plenum/bench/speak"
)

// unheardBy returns the error of a run of two rooms with three members each, whose server delivers probes as deliver says.
func unheardBy(t *testing.T, h *fakeserver.Hub, deliver func(number, member int, payload []byte) [][]byte) string {
	h.OnDeliver(deliver)
	p := &load.Plan{
		Target: load.Target{URL: h.URL, Dialect: speak.Dialect{Ping: ping, Pong: pong}}, Mark: message.NewMark(), Sizes: []int{3, 3}, Senders: 1, Rate: 10, Payload: 40,
		Duration: time.Second, Sample: 1, Loops: 2, Dialers: 2, Shards: 1,
	}
	// On a busy machine, a probe may arrive after the first round of probes.
	l := &leader{driver: &Driver{}, workers: []worker{&localWorker{}}, plan: p, patience: time.Second}
	defer l.stop()
	err := l.ready(fakeserver.Context(t))
	require.Error(t, err)
	return err.Error()
}

// ping is a ping of the hub, and pong the client's answer, both as long as a text.
const (
	ping = "a ping of the server, which is no text!!"
	pong = "an answer of the client, and no text!!!!"
)

const check = ": check --url, --hello, --publish and --speak"

func TestMembersWithoutAProbeAreAnErrorWithTheReason(t *testing.T) {
	for name, c := range map[string]struct {
		deliver func(number, member int, payload []byte) [][]byte
		want    string
	}{
		"silence": {
			func(int, int, []byte) [][]byte { return nil },
			"bench: 6 of 6 members received no message of their room in 1s" + check + "; the server sent no other message",
		},
		"another message, and pings": {
			func(_, _ int, payload []byte) [][]byte {
				if string(payload) == pong {
					return nil // the client's answer
				}
				return [][]byte{[]byte(ping), []byte(`{"type":"error","code":"bad_command"}`)}
			},
			"bench: 6 of 6 members received no message of their room in 1s" + check + `; the server sent '{"type":"error","code":"bad_command"}'`,
		},
		"a message for a terminal": {
			func(int, int, []byte) [][]byte { return [][]byte{[]byte("\x1b[2J\u202e\n" + strings.Repeat("x", 300))} },
			"bench: 6 of 6 members received no message of their room in 1s" + check + `; the server sent '\x1b[2J\u202e\n` + strings.Repeat("x", 192) + "'… (308 bytes)",
		},
		"a text that is changed": {
			func(_, _ int, payload []byte) [][]byte { return [][]byte{bytes.ToLower(payload)} },
			"bench: 6 of 6 members received no message of their room in 1s" + check + "; the server first sent 't",
		},
		"no copy for the sender": {
			func(_, member int, payload []byte) [][]byte {
				if member == 0 {
					return nil
				}
				return [][]byte{payload}
			},
			"bench: 2 of 6 members received no message of their room in 1s" + check +
				"; it is one member per room: if the server sends no copy of a message to its sender, add --no-self; the server sent no other message",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := unheardBy(t, fakeserver.NewHub(t), c.deliver)
			assert.Equal(t, c.want, got[:min(len(got), len(c.want))])
		})
	}
}

func TestTheFirstAndTheLatestUnknownMessageAreShown(t *testing.T) {
	sent := 0
	got := unheardBy(t, fakeserver.NewHub(t), func(int, int, []byte) [][]byte {
		sent++
		return [][]byte{fmt.Append(nil, "message ", sent)}
	})
	assert.Regexp(t, `; the server first sent 'message [1-6]', and last 'message [0-9]+'$`, got)
}

func TestConnectionsThatEndBeforeTheFirstMessageAreAnErrorAtOnce(t *testing.T) {
	h := fakeserver.NewHub(t)
	closed := false
	got := unheardBy(t, h, func(int, int, []byte) [][]byte {
		if !closed {
			closed = true
			h.CloseFirst()
		}
		return nil
	})
	got = strings.Replace(got, "was reset", "was ended without a close frame", 1) // if a probe reached the closed socket
	assert.Equal(t, "bench: the server ended 2 of 6 connections before the first message, the first one was ended without a close frame"+check+
		"; the server sent no other message", got)
}

func TestSilenceOfSeveralProcessesIsMerged(t *testing.T) {
	s := load.Silence{Members: 1}
	s.Merge(load.Silence{Members: 2, First: "a", Latest: "b"})
	s.Merge(load.Silence{First: "c", Latest: "d", Ended: 3, How: "reset"})
	s.Merge(load.Silence{})
	assert.Equal(t, load.Silence{Members: 3, First: "a", Latest: "d", Ended: 3, How: "reset"}, s)
}
