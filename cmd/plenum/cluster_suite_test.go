package main

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// clusterEnv has each test's servers be nodes of a cluster of its own.
const clusterEnv = "PLENUM_TEST_CLUSTER"

// brokers are those of tests.
var brokers struct {
	mu  sync.Mutex
	url map[string]string // by test
}

// ofCluster is the flag that has a server of the test's be a node, where the suite is to.
func ofCluster(t *testing.T, flags []string) []string {
	t.Helper()
	if os.Getenv(clusterEnv) == "" || strings.Contains(strings.Join(flags, " "), "--cluster=") {
		return nil
	}
	brokers.mu.Lock()
	defer brokers.mu.Unlock()
	url := brokers.url[t.Name()]
	if url == "" {
		url = startBroker(t, 0, t.TempDir()).ClientURL()
		if brokers.url == nil {
			brokers.url = map[string]string{}
		}
		brokers.url[t.Name()] = url
		t.Cleanup(func() {
			brokers.mu.Lock()
			defer brokers.mu.Unlock()
			delete(brokers.url, t.Name())
		})
	}
	return []string{"--cluster=" + url}
}

// It is what is of rooms, but for what takes long.
func TestThisHoldsInACluster(t *testing.T) {
	if os.Getenv(clusterEnv) != "" {
		t.Skip("it is this")
	}
	plainOnly(t, "it is this")
	t.Parallel()
	const (
		these  = "Room|Member|Message|Posted|Kick|Stream|Event|Listen|Join|API|Slow|Drain|Counters|Command|Described|Goodbye|Said|Resume|Publish"
		others = "OverTLS|InACluster|NoCluster|Quarter|EventSource|SaysWhy|Console|Page|People|PlenumJS|README|Doctor|Dashboard|Script|MemoryLimit|Node|Overloaded"
	)
	cmd := exec.Command(os.Args[0], "-test.count=1", "-test.run="+these, "-test.skip="+others)
	cmd.Env = append(os.Environ(), clusterEnv+"=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
}
