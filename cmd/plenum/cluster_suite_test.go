package main

import (
	"os"
	"strings"
	"sync"
	"testing"
)

// clustered has the names of the tests that called alsoInACluster.
var clustered sync.Map

// alsoInACluster makes TestThisHoldsInACluster repeat a test, because its rule holds in a cluster too. The test
// must call it first.
func alsoInACluster(t *testing.T) { clustered.Store(t.Name(), true) }

// isOfClusterSuite reports whether t, or the test that t is a part of, called alsoInACluster.
func isOfClusterSuite(t *testing.T) bool {
	test, _, _ := strings.Cut(t.Name(), "/")
	_, is := clustered.Load(test)
	return is
}

// brokers holds the brokers of the tests.
var brokers struct {
	mu  sync.Mutex
	url map[string]string // by test
}

// asNode returns the flags with which a server of t becomes a node, if the suite repeats t in a cluster. It skips t if the
// suite does not repeat it.
func asNode(t *testing.T, flags []string) []string {
	t.Helper()
	if os.Getenv(clusterEnv) == "" {
		return nil
	}
	if !isOfClusterSuite(t) {
		t.Skip("its rule is not one of clusters")
	}
	if strings.Contains(strings.Join(flags, " "), "--cluster=") {
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

// TestThisHoldsInACluster repeats the tests that call alsoInACluster. Their servers are then nodes of a cluster.
func TestThisHoldsInACluster(t *testing.T) {
	runSuite(t, clusterEnv)
}
