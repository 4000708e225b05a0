//go:build faults

package faults

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Three brokers that are too old may store different batches of a room, without any error. Then its members receive
// different messages at different nodes. So a node that finds such brokers does not become ready.
func TestAClusterOfBrokersThatAreTooOldIsRefused(t *testing.T) {
	if !isTooOld(t) {
		t.Skip("the NATS server is not too old")
	}
	n := newNode(t, 0, serverPath, urlsOf(startBrokers(t, 3, "127.0.0.1", "")), sameNetwork)
	n.start(t)
	waitUntil(t, time.Now(), wait, "the node does not log why it is not ready", func() bool {
		text, err := os.ReadFile(n.log)
		require.NoError(t, err)
		return busAway == n.readiness() && strings.Contains(string(text), "a cluster of brokers needs nats-server")
	})
}
