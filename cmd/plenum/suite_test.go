package main

import (
	"flag"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Most tests of this package are parallel, because they wait. Those that send many megabytes are not: over TLS, compressed
// and under the race detector each of them needs all processors.
//
// The tests run up to three times: as they are, over TLS with compression, and in a cluster. Each
// repetition is a process of its own, with one of these variables set.
const (
	tlsEnv     = "PLENUM_TEST_TLS"     // each server speaks TLS, and compresses each message
	clusterEnv = "PLENUM_TEST_CLUSTER" // the servers of each test are nodes of a cluster
)

// runSuite repeats the tests with the variable set.
func runSuite(t *testing.T, variable string) {
	t.Helper()
	plainOnly(t, "it repeats tests")
	cmd := exec.Command(os.Args[0], "-test.count=1", "-test.parallel="+flag.Lookup("test.parallel").Value.String())
	cmd.Env = append(os.Environ(), variable+"=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

// plainOnly skips t in the repetitions, for the reason given. A test that also calls alsoInACluster is skipped over TLS only.
func plainOnly(t *testing.T, why string) {
	t.Helper()
	if secret.flags != nil || os.Getenv(clusterEnv) != "" && !isOfClusterSuite(t) {
		t.Skip(why)
	}
}
