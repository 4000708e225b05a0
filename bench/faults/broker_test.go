//go:build faults

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

const streamName = "PLENUM"

// streamNames returns the names of n streams.
func streamNames(n int) []string {
	if n == 1 {
		return []string{streamName}
	}
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s-%d-%d", streamName, n, i))
	}
	return all
}

// broker is a NATS server. It keeps its storage when it is started again.
type broker struct {
	*process
	url string
}

const brokerSettings = `
server_name: %[1]s
listen: "%[2]s:%[3]d"
jetstream { store_dir: %[4]q, max_file: 1GB }
%[5]s
`

const clusterSettings = `
cluster { name: faults, listen: "127.0.0.1:%[1]d", no_advertise: true, routes: [%[2]s] }
`

// startBrokers starts brokers that listen at host, as a cluster if there are several. more has
// further settings for their configuration.
func startBrokers(t *testing.T, count int, host, more string) (all []*broker) {
	t.Helper()
	var ports []int
	var routes []string
	for range count {
		port := freePort(t, "127.0.0.1")
		ports, routes = append(ports, port), append(routes, fmt.Sprintf(`"nats://127.0.0.1:%d"`, port))
	}
	for i := range count {
		name, folder, port := fmt.Sprint("broker", i), t.TempDir(), freePort(t, host)
		settings := filepath.Join(folder, "nats.conf")
		text := fmt.Sprintf(brokerSettings, name, host, port, filepath.Join(folder, "store"), more)
		if count > 1 {
			text += fmt.Sprintf(clusterSettings, ports[i], strings.Join(routes, ", "))
		}
		require.NoError(t, os.WriteFile(settings, []byte(text), 0o600))
		b := &broker{newProcess(t, name, brokerPath, "-c", settings), fmt.Sprintf("nats://%s:%d", host, port)}
		b.start(t)
		all = append(all, b)
	}
	return all
}

// leastCluster is the oldest version of the NATS server that nodes accept in a cluster of brokers.
// Older versions may store two batches that both follow the same one.
var leastCluster = [3]int{2, 10, 19}

// isTooOld reports whether nodes refuse a cluster of brokers that run the NATS server of brokerPath.
func isTooOld(t *testing.T) bool {
	t.Helper()
	output, err := exec.Command(brokerPath, "--version").Output()
	require.NoError(t, err)
	var is [3]int
	_, version, _ := strings.Cut(string(output), " v")
	_, err = fmt.Sscanf(version, "%d.%d.%d", &is[0], &is[1], &is[2])
	require.NoError(t, err, "%s", output)
	return slices.Compare(is[:], leastCluster[:]) < 0
}

// requireThree skips a test with three brokers if they are too old for a cluster.
func requireThree(t *testing.T) {
	t.Helper()
	if isTooOld(t) {
		t.Skip("the NATS server is too old for a cluster of three")
	}
}

func urlsOf(all []*broker) string {
	var urls []string
	for _, b := range all {
		urls = append(urls, b.url)
	}
	return strings.Join(urls, ",")
}

// stream returns the state of a stream. ok is false if the brokers do not answer.
func (w *testCluster) stream(name string) (info *nats.StreamInfo, ok bool) {
	js, err := w.watch.JetStream(nats.MaxWait(time.Second))
	if err != nil {
		return nil, false
	}
	info, err = js.StreamInfo(name)
	return info, err == nil
}

// isWhole reports whether each broker has all of each stream.
func (w *testCluster) isWhole() bool {
	for _, name := range w.streams {
		if !w.hasWhole(name) {
			return false
		}
	}
	return true
}

// hasWhole reports whether each broker has the whole stream.
func (w *testCluster) hasWhole(name string) bool {
	info, ok := w.stream(name)
	if !ok || info.Config.Replicas != len(w.brokers) {
		return false
	}
	if len(w.brokers) == 1 {
		return true
	}
	if info.Cluster == nil || info.Cluster.Leader == "" || len(info.Cluster.Replicas) != len(w.brokers)-1 {
		return false
	}
	for _, r := range info.Cluster.Replicas {
		if r.Offline || !r.Current {
			return false
		}
	}
	return true
}

// leader returns the broker that leads the first stream.
func (w *testCluster) leader() (leader *broker) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		info, ok := w.stream(w.streams[0])
		for _, b := range w.brokers {
			if ok && info.Cluster != nil && b.name == info.Cluster.Leader {
				leader = b
			}
		}
		return leader != nil
	}, wait, tick, "the stream has no leader")
	return leader
}

// watchBrokers connects the test itself to the brokers.
func (w *testCluster) watchBrokers() {
	w.t.Helper()
	conn, err := nats.Connect(urlsOf(w.brokers), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	require.NoError(w.t, err)
	w.t.Cleanup(conn.Close)
	w.watch = conn
}
