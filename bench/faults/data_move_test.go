//go:build faults

package faults

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADirectoryOfANodeServesTheBrokerOfAClusterAndReturns(t *testing.T) {
	dir := t.TempDir()
	alone := newDataNode(t, dir)
	first := alone.serves(t, func() string { return alone.publishes(t, "a") })
	url := fmt.Sprintf("nats://127.0.0.1:%d", freePort(t, "127.0.0.1"))
	broker := newProcess(t, "broker", brokerPath, "-js", "-sd", dir, "-a", "127.0.0.1", "-p", url[strings.LastIndex(url, ":")+1:])
	broker.start(t)
	inCluster := newNode(t, 0, serverPath, url, sameNetwork)
	second := inCluster.serves(t, func() string { return inCluster.publishes(t, "a") })
	broker.signal(t, syscall.SIGTERM)
	_ = broker.cmd.Wait() // nats-server ends with status 1
	broker.cmd = nil
	third := alone.serves(t, func() string { return alone.publishes(t, "a") })
	assert.Equal(t, strings.Replace(first, `"seq":1`, `"seq":2`, 1), second)
	assert.Equal(t, strings.Replace(first, `"seq":1`, `"seq":3`, 1), third)
}

// serves starts the node, calls do when it is ready, and stops it.
func (n *node) serves(t *testing.T, do func() string) string {
	t.Helper()
	n.start(t)
	waitUntil(t, time.Now(), wait, "the node is not ready", func() bool { return n.readiness() == ready })
	result := do()
	n.signal(t, syscall.SIGTERM)
	require.NoError(t, n.cmd.Wait())
	n.cmd = nil
	return result
}

// publishes publishes a message with the API, and returns the answer, which has its position.
func (n *node) publishes(t *testing.T, room string) string {
	t.Helper()
	resp, err := n.http.Post("http://"+n.host+"/api/rooms/"+room+"/messages", "application/json", strings.NewReader(`{"sender":"API","text":"hello"}`))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	var answer strings.Builder
	require.NoError(t, resp.Write(&answer))
	return answer.String()[strings.Index(answer.String(), "{"):]
}
