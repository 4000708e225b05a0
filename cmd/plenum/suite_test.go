package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Most tests of this package run in parallel, because they mostly wait. Tests that send many megabytes do not: over TLS,
// compressed and under the race detector, each of them needs all processors.
//
// The tests run up to three times: without changes, over TLS with compression, and in a cluster. Each
// repetition is a separate process with one of these environment variables. It runs beside the other tests, which mostly wait.
const (
	tlsEnv     = "PLENUM_TEST_TLS"     // each server uses TLS and compresses all messages
	clusterEnv = "PLENUM_TEST_CLUSTER" // the servers of each test are nodes of a cluster
)

// runSuite repeats the tests with the variable set. It starts the process at once, and waits for it while parallel tests run.
func runSuite(t *testing.T, variable string) {
	t.Helper()
	plainOnly(t, "the test repeats other tests")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.count=1", "-test.parallel="+flag.Lookup("test.parallel").Value.String())
	cmd.Env = append(os.Environ(), variable+"=1")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	require.NoError(t, cmd.Start())
	t.Parallel()
	require.NoError(t, cmd.Wait(), "%s", &output)
}

// plainOnly skips t in the repetitions because of why. A test that also calls alsoInACluster is skipped only over TLS.
func plainOnly(t *testing.T, why string) {
	t.Helper()
	if tlsRun.flags != nil || os.Getenv(clusterEnv) != "" && !isOfClusterSuite(t) {
		t.Skip(why)
	}
}
