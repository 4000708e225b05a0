//go:build faults

package faults

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms/client"
)

// The load of a node with --data: the first member of each room publishes.
const (
	dataRooms    = 20
	dataMembers  = 200
	dataInterval = time.Second * dataRooms / 200 // so that all publish 200 messages per second
	dataKills    = 10
	dataTraffic  = 11 * time.Second // between two kills; the clients then reconnect as fast as after the first
)

// newDataNode returns a node with --data, which is not started yet.
func newDataNode(t *testing.T, dir string, flags ...string) *node {
	t.Helper()
	n := &node{dial: sameNetwork.dial, http: &http.Client{}}
	n.host, n.admin = fmt.Sprintf("127.0.0.1:%d", freePort(t, "127.0.0.1")), fmt.Sprintf("127.0.0.1:%d", freePort(t, "127.0.0.1"))
	args := []string{serverPath, "serve", "--listen=" + n.host, "--admin=" + n.admin, "--data=" + dir, "--drain-window=0s"}
	n.process = newProcess(t, "node", append(args, flags...)...)
	return n
}

func TestAKilledNodeWithDataLosesNoAcknowledgedMessage(t *testing.T) {
	n := newDataNode(t, t.TempDir(), "--history-messages=100000")
	n.start(t)
	waitUntil(t, time.Now(), wait, "the node is not ready", func() bool { return n.readiness() == ready })
	members := joinAllData(t, n)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var publishing sync.WaitGroup
	defer publishing.Wait()
	for _, m := range members[:dataRooms] {
		publishing.Go(func() { m.publishEvery(ctx, dataInterval) })
	}
	var resumed, started []time.Duration
	for range dataKills {
		time.Sleep(dataTraffic)
		at, up := killData(t, n, syscall.SIGKILL, members)
		started, resumed = append(started, up), append(resumed, at)
	}
	time.Sleep(dataTraffic)
	stop()
	publishing.Wait()
	published, unknown := verifyData(t, members)
	t.Logf("%d messages acknowledged, %d without an answer", published, unknown)
	t.Logf("from the start of the process until it was ready: %v", started)
	t.Logf("from the start of the process until all %d members had resumed: %v", dataMembers, resumed)
}

// joinAllData starts the members, which are distributed over the rooms in turn.
func joinAllData(t *testing.T, n *node) (members []*dataMember) {
	t.Helper()
	for i := range dataMembers {
		members = append(members, joinData(t, n.host, fmt.Sprint("m", i), fmt.Sprint("room ", i%dataRooms)))
	}
	waitUntil(t, time.Now(), wait, "members have not joined", func() bool { return allIn(members, func(*dataMember) int { return 1 }) })
	return members
}

func allIn(members []*dataMember, joins func(m *dataMember) int) bool {
	return !slices.ContainsFunc(members, func(m *dataMember) bool { return !m.isIn(joins(m)) })
}

// killData ends a node with a signal, starts it again, and waits until all members have joined again. It returns two
// times since the start: until all members have resumed, and until the node is ready.
func killData(t *testing.T, n *node, how syscall.Signal, members []*dataMember) (resumed, up time.Duration) {
	t.Helper()
	before := map[*dataMember]int{}
	for _, m := range members {
		before[m] = m.joined()
	}
	n.signal(t, how)
	_ = n.cmd.Wait() // it was killed
	again := time.Now()
	n.start(t)
	up = waitUntil(t, again, wait, "the node is not ready", func() bool { return n.readiness() == ready })
	resumed = waitUntil(t, again, wait, "members have not resumed", func() bool { return allIn(members, func(m *dataMember) int { return before[m] + 1 }) })
	return resumed, up
}

// verifyData publishes a last message in each room, and stops the members. It checks that all members of a room have
// received the same messages, in the order of their numbers and without a hole. Each acknowledged message must have its
// number. verifyData returns the count of acknowledged messages, and of messages without an answer.
func verifyData(t *testing.T, members []*dataMember) (published, unknown int) {
	t.Helper()
	texts := map[string]map[uint64]string{} // by room and number
	for i, m := range members[:dataRooms] {
		last, err := m.Publish(t.Context(), m.room, "the end")
		require.NoError(t, err)
		texts[m.room] = map[uint64]string{}
		for j := i; j < len(members); j += dataRooms {
			waitUntil(t, time.Now(), wait, "the last message is not heard", func() bool { return members[j].reached(last) })
		}
	}
	for _, m := range members {
		m.stop()
		require.Empty(t, m.faults)
		for i, heard := range m.heard {
			assert.Equal(t, m.heard[0].Epoch, heard.Epoch)
			require.Equal(t, m.heard[0].Seq+uint64(i), heard.Seq, "in order, once, and without a hole")
			if first, ok := texts[m.room][heard.Seq]; ok {
				require.Equal(t, first, heard.Text, "the same number is the same message")
			}
			texts[m.room][heard.Seq] = heard.Text
		}
	}
	for _, m := range members[:dataRooms] {
		for text, at := range m.published {
			require.Equal(t, text, texts[m.room][at.Seq], "acknowledged as %v", at)
			published++
		}
		unknown += m.unknown
		requireOnce(t, m.heard)
	}
	return published, unknown
}

// requireOnce checks that a member has received no text twice. An announcement may repeat.
func requireOnce(t *testing.T, heard []client.Message) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range heard {
		if m.Sender != "System" {
			require.False(t, seen[m.Text], "heard twice: %s", m.Text)
			seen[m.Text] = true
		}
	}
}
