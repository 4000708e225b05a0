package main

import (
	"flag"
	"fmt"
	"os"
	"testing"

	nats "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/admin"
)

// startBroker starts a broker that stores its streams in folder. It runs until the test ends or it is shut down. Port 0
// means any free port.
func startBroker(t *testing.T, port int, folder string) *nats.Server {
	t.Helper()
	if port == 0 {
		port = nats.RANDOM_PORT
	}
	s, err := nats.NewServer(&nats.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: folder, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(wait))
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// brokerName is the name with which this test binary is started to be the broker.
const brokerName = "nats-server"

// beBroker is main of the broker.
func beBroker() {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	opts, err := nats.ConfigureOptions(flag.NewFlagSet(brokerName, flag.ExitOnError), os.Args[1:], nil, nil, nil)
	fail(err)
	s, err := nats.NewServer(opts)
	fail(err)
	fail(nats.Run(s))
	s.WaitForShutdown()
	os.Exit(0)
}

// isReady waits until /readyz reports that the server is ready.
func (s *testServer) isReady(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { _, word := get(t, s.admin+"/readyz"); return word == admin.Ready+"\n" }, wait, tick)
}

// startNodes starts n nodes of a cluster, and waits until they know one another.
func startNodes(t *testing.T, url string, n int, flags ...string) (all []*testServer) {
	t.Helper()
	for range n {
		s := start(t, append(flags, "--cluster="+url)...)
		s.isReady(t)
		all = append(all, s)
	}
	for _, s := range all {
		require.Eventually(t, func() bool { return len(s.status(t).Cluster.Nodes) == n }, wait, tick)
	}
	return all
}
