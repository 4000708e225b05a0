package main

import (
	"os"
	"strings"
	"sync"
	"testing"
)

// clustered are the tests that called alsoInACluster, by name.
var clustered sync.Map

// alsoInACluster says that the rule of a test holds in a cluster too, so that TestThisHoldsInACluster repeats the test.
// The test calls it first.
func alsoInACluster(t *testing.T) { clustered.Store(t.Name(), true) }

// isOfClusterSuite tells whether t, or the test of which it is a part, called alsoInACluster.
func isOfClusterSuite(t *testing.T) bool {
	test, _, _ := strings.Cut(t.Name(), "/")
	_, is := clustered.Load(test)
	return is
}

// brokers are the brokers of tests.
var brokers struct {
	mu  sync.Mutex
	url map[string]string // by test
}

// asNode returns the flags that make a server of t a node, if the suite repeats t in a cluster. It skips a test that the
// suite does not repeat.
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

// TestThisHoldsInACluster runs the tests that call alsoInACluster once more. Each of their servers is then a node.
func TestThisHoldsInACluster(t *testing.T) {
	runSuite(t, clusterEnv)
}
