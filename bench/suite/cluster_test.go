package suite

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nodes is a cluster target whose programs are copies of the test binary.
func nodes(n int) Target {
	t := server("nodes")
	t.Nodes, t.BrokerVersion = n, "broker v1"
	t.Run = []string{os.Args[0], "--listen=127.0.0.{node}:0", "--cluster=nats://{broker}"}
	t.Broker = []string{os.Args[0], "--jetstream", "--store_dir", "{store}"}
	return t
}

func TestABrokerAndItsNodesAreStartedAndStopped(t *testing.T) {
	t.Setenv(serveEnv, "1")
	flags, stop, err := nodes(2).start(t.Context(), Entry{})
	require.NoError(t, err)
	require.Len(t, flags, 7)
	assert.Equal(t, "--name=nodes", flags[0])
	first, second := strings.TrimPrefix(flags[3], "--node="), strings.TrimPrefix(flags[5], "--node=")
	assert.Equal(t, "--url=ws://"+first+"/{room}", flags[2])
	assert.NotEqual(t, first, second)
	assert.Equal(t, []string{"--metrics=http://" + first + "/metrics", "--metrics=http://" + second + "/metrics"}, []string{flags[4], flags[6]})
	stop()
	for _, at := range []string{first, second, strings.TrimPrefix(flags[1], "--broker=")} {
		assert.False(t, isReady(t.Context(), "http://"+at+"/readyz"), at)
	}
}

func TestAClusterDoesNotStartIfANodeIsNeverReady(t *testing.T) {
	t.Setenv(serveEnv, "1")
	t.Setenv(unreadyEnv, "1")
	ctx, cancel := newCut(t)
	time.AfterFunc(200*time.Millisecond, cancel)
	_, _, err := nodes(2).start(ctx, Entry{})
	assert.ErrorIs(t, err, ctx.Err())
	assert.ErrorContains(t, awaitReady(t.Context(), "127.0.0.1:1", pollInterval), "node with admin address 127.0.0.1:1 not ready within 10ms")
	broken := nodes(1)
	broken.Broker = []string{"false"}
	_, _, err = broken.start(t.Context(), Entry{})
	assert.ErrorContains(t, err, "false printed no ready line")
}

func TestASuiteMeasuresClusters(t *testing.T) {
	s, _ := smallSuite(t)
	entry := echoing
	entry.Echo, entry.Nodes = false, []int{0, 2}
	s.Entries, s.Targets, s.Repeats = []Entry{entry}, []Target{server("alone"), nodes(1), nodes(2)}, 1
	require.NoError(t, s.Run(t.Context()))
	lines := results(t, s, "echo")
	require.Len(t, lines, 2, "the entry is not for one node")
	assert.Equal(t, []string{"alone", "nodes"}, []string{lines[0].Target, lines[1].Target})
	assert.Equal(t, []string{"", "broker v1"}, []string{lines[0].Labels["broker"], lines[1].Labels["broker"]})
}

func TestTheReadyLinesOfTheNATSServerAndOfNodesAreFound(t *testing.T) {
	const output = `[7] 2026/11/22 07:38:42.779680 [INF] Starting http monitor on 127.0.0.1:33957
[7] 2026/11/22 07:38:42.779847 [INF] Starting JetStream
[7] 2026/11/22 07:38:42.780783 [INF] Listening for client connections on 127.0.0.1:40741
[7] 2026/11/22 07:38:42.780795 [INF] Server is ready
`
	assert.Equal(t, []string{"127.0.0.1:33957", "127.0.0.1:40741"}, brokerReady.FindStringSubmatch(output)[1:])
	assert.Equal(t, []string{"127.0.0.2:80", "127.0.0.2:81"},
		nodeReady.FindStringSubmatch("log\nplenum serves http://127.0.0.2:80/ (admin http://127.0.0.2:81/)\n")[1:])
}

func TestThereIsATargetPerClusterSize(t *testing.T) {
	program := filepath.Join(t.TempDir(), "nats-server")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\necho nats-server: v9\n"), 0o755))
	all, err := ClusterTargets(t.Context(), "bin/plenum", program)
	require.NoError(t, err)
	require.Len(t, all, 1+len(ClusterNodes))
	assert.Equal(t, AloneCommand, "plenum "+strings.Join(all[0].Run[1:], " "))
	for i, n := range ClusterNodes {
		target := all[1+i]
		assert.Equal(t, "plenum-"+strconv.Itoa(n), target.Name)
		assert.Equal(t, ClusterCommand, "plenum "+strings.Join(target.Run[1:], " "))
		assert.Equal(t, program+strings.TrimPrefix(BrokerCommand, "nats-server"), strings.Join(target.Broker, " "))
		assert.Equal(t, "nats-server: v9", target.BrokerVersion)
	}
	_, err = ClusterTargets(t.Context(), "bin/plenum", "nowhere/nats-server")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestThereIsATargetForEachNumberOfNodesOfAnEntry(t *testing.T) {
	for _, e := range Clustered() {
		require.NotEmpty(t, e.Nodes, e.ID)
		for _, n := range e.Nodes {
			if n > 0 {
				assert.Contains(t, ClusterNodes, n, e.ID)
			}
			assert.NotContains(t, e.withNodes(n).Command(), "{", e.ID)
		}
	}
	entries, err := ChooseClustered([]string{"span-16"})
	require.NoError(t, err)
	assert.Equal(t, "plenum-bench run fan-large --members 288000 --rate 0.1 --warmup 20s --processes 16 --loops 1 --dialers 16 --drain 30s --duration 1m40s",
		entries[0].withNodes(16).Command())
}
