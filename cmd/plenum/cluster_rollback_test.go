package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	nats "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publishes publishes texts with the API, and returns the position of the last one.
func (s *testServer) publishes(t *testing.T, room string, texts int) (at position) {
	t.Helper()
	for i := range texts {
		status, answer, _ := call(t, http.MethodPost, s.url+"/api/rooms/"+room+"/messages", fmt.Sprintf(`{"sender":"API","text":"%d"}`, i))
		require.Equal(t, http.StatusAccepted, status, answer)
		var published struct {
			Seq   int
			Epoch string
		}
		require.NoError(t, json.Unmarshal([]byte(answer), &published))
		at = position{room, published.Epoch, published.Seq}
	}
	return at
}

// goesAway stops a broker, and waits until all nodes have noticed. Otherwise a node could report that it is ready, and
// refuse a message after the broker has started again.
func goesAway(t *testing.T, broker *nats.Server, nodes ...*testServer) {
	t.Helper()
	broker.Shutdown()
	broker.WaitForShutdown()
	for _, s := range nodes {
		require.Eventually(t, func() bool { status, _ := get(t, s.admin+"/readyz"); return status != http.StatusOK }, wait, tick)
	}
}

func TestClientsReceiveAGapIfTheBrokerRestartsWithAnOlderStore(t *testing.T) {
	t.Parallel()
	folder, older := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "older")
	broker := startBroker(t, 0, folder)
	port := broker.Addr().(*net.TCPAddr).Port
	nodes := startNodes(t, broker.ClientURL(), 2, "--announce-limit=-1")
	a, b := nodes[0], nodes[1]
	chat := dial(t, a, "/ws/chat/a?username=Alex")
	chat.sends("here")
	chat.receives(`{"sender":"Alex","text":"here","room":"a","timestamp":T,"seq":1}`)
	goesAway(t, broker, nodes...)
	require.NoError(t, os.CopyFS(older, os.DirFS(folder)))
	broker = startBroker(t, port, folder)
	a.isReady(t)
	b.isReady(t)
	before := b.publishes(t, "a", 6)
	require.Equal(t, 7, before.seq)
	for i := range 6 {
		chat.receives(fmt.Sprintf(`{"sender":"API","text":"%d","room":"a","timestamp":T,"seq":%d}`, i, i+2))
	}

	goesAway(t, broker, nodes...)
	require.NoError(t, os.RemoveAll(folder))
	require.NoError(t, os.CopyFS(folder, os.DirFS(older)))
	startBroker(t, port, folder)
	chat.isClosed(1012, `Restarting; retry in \d+ ms`)
	a.isReady(t)
	b.isReady(t)
	for _, s := range nodes {
		again := dial(t, s, "/ws?username=Bea")
		again.sends(fmt.Sprintf(`{"type":"join","id":1,"room":"a","since":"%s:7"}`, before.epoch))
		_, joined, err := again.conn.Read(again.ctx)
		require.NoError(t, err)
		assert.Contains(t, string(joined), `"recovered":false`)
		assert.NotContains(t, string(joined), before.epoch)
		again.receives(`{"type":"gap","room":"a","from":1,"to":0,"epoch":"E"}`)
	}
	after := b.publishes(t, "a", 1)
	assert.Equal(t, 1, after.seq)
	assert.NotEqual(t, before.epoch, after.epoch)
	assert.Equal(t, "1", counted(t, "plenum_bus_rollbacks_total", nodes...))
}

// counted returns the sum of a counter of several nodes.
func counted(t *testing.T, series string, nodes ...*testServer) string {
	t.Helper()
	all := 0
	for _, s := range nodes {
		var n int
		_, err := fmt.Sscan(s.metric(t, series), &n)
		require.NoError(t, err)
		all += n
	}
	return fmt.Sprint(all)
}
