package main

import (
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"

	broker "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// clusterEnv has each test's servers be nodes of a cluster of its own.
const clusterEnv = "PLENUM_TEST_CLUSTER"

// startBroker starts a broker, and returns its URL.
func startBroker(t *testing.T) (url string) {
	t.Helper()
	s, err := broker.NewServer(&broker.Options{Host: "127.0.0.1", Port: broker.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(wait))
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s.ClientURL()
}

// brokers are those of tests.
var brokers struct {
	mu  sync.Mutex
	url map[string]string // by test
}

// ofCluster is the flag that has a server of the test's be a node, where the suite is to.
func ofCluster(t *testing.T) []string {
	t.Helper()
	if os.Getenv(clusterEnv) == "" {
		return nil
	}
	brokers.mu.Lock()
	defer brokers.mu.Unlock()
	url := brokers.url[t.Name()]
	if url == "" {
		url = startBroker(t)
		if brokers.url == nil {
			brokers.url = map[string]string{}
		}
		brokers.url[t.Name()] = url
	}
	return []string{"--cluster=" + url}
}

// aloneOnly skips a test of a cluster of its own where the whole suite is of them.
func aloneOnly(t *testing.T) {
	t.Helper()
	if os.Getenv(clusterEnv) != "" {
		t.Skip("it has a broker of its own")
	}
}

// isReady waits until the server is.
func (s *testServer) isReady(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		resp, err := http.Get(s.admin + "/readyz")
		if err != nil {
			return false
		}
		status, _ := read(t, resp)
		return status == http.StatusOK
	}, wait, tick)
}

// Left out is what is not of the rooms, or takes long.
func TestThisHoldsInACluster(t *testing.T) {
	aloneOnly(t)
	plainOnly(t, "it is this")
	t.Parallel()
	const others = "OverTLS|TakesAQuarter|EventSource|Console|People|Page|PlenumJSSurvives|PlenumJSGoes|PlenumJSSigns|Notifications|Vanished|README|Tune|Doctor|Dashboard|Samples|Unit|Image|Proxies|Arrows|Pictured"
	cmd := exec.Command(os.Args[0], "-test.count=1", "-test.skip="+others)
	cmd.Env = append(os.Environ(), clusterEnv+"=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
}
