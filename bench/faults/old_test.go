//go:build faults

package faults

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A node that went on with them would have a room go apart without a word.
func TestThreeBrokersThatAreTooOldAreNotTaken(t *testing.T) {
	if !isTooOld(t) {
		t.Skip("these brokers are not too old")
	}
	n := newNode(t, 0, urlsOf(startBrokers(t, 3, "127.0.0.1", "")), here)
	n.start(t)
	took(t, time.Now(), wait, "it does not say why it is not ready", func() bool {
		text, err := os.ReadFile(n.log)
		require.NoError(t, err)
		return isCutOff == n.readiness() && strings.Contains(string(text), "a cluster of brokers needs nats-server")
	})
}
