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

// broker is one server of a NATS cluster, which keeps its storage when it begins again.
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

// startBrokers starts so many, a cluster where it is more than one, that nodes reach at host.
// more is settings besides.
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

// leastCluster is the oldest version of a broker that nodes take three of: the ones before it may
// take two batches that are to follow the same one.
var leastCluster = [3]int{2, 10, 19}

// isTooOld tells whether the broker is one of which nodes take no three.
func isTooOld(t *testing.T) bool {
	t.Helper()
	said, err := exec.Command(brokerPath, "--version").Output()
	require.NoError(t, err)
	var is [3]int
	_, version, _ := strings.Cut(string(said), " v")
	_, err = fmt.Sscanf(version, "%d.%d.%d", &is[0], &is[1], &is[2])
	require.NoError(t, err, "%s", said)
	return slices.Compare(is[:], leastCluster[:]) < 0
}

// requireThree skips a test of three brokers where they are too old for that.
func requireThree(t *testing.T) {
	t.Helper()
	if isTooOld(t) {
		t.Skip("these brokers are too old to be three")
	}
}

func urlsOf(all []*broker) string {
	var urls []string
	for _, b := range all {
		urls = append(urls, b.url)
	}
	return strings.Join(urls, ",")
}

// stream asks the brokers about the stream; false where they do not say.
func (w *world) stream() (info *nats.StreamInfo, ok bool) {
	js, err := w.watch.JetStream(nats.MaxWait(time.Second))
	if err != nil {
		return nil, false
	}
	info, err = js.StreamInfo(streamName)
	return info, err == nil
}

// isWhole tells whether each broker has all that the stream has.
func (w *world) isWhole() bool {
	info, ok := w.stream()
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

// leader is the broker that leads the stream.
func (w *world) leader() (leader *broker) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		info, ok := w.stream()
		for _, b := range w.brokers {
			if ok && info.Cluster != nil && b.name == info.Cluster.Leader {
				leader = b
			}
		}
		return leader != nil
	}, wait, tick, "nobody leads the stream")
	return leader
}

// watchBrokers connects the test itself to the brokers.
func (w *world) watchBrokers() {
	w.t.Helper()
	conn, err := nats.Connect(urlsOf(w.brokers), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	require.NoError(w.t, err)
	w.t.Cleanup(conn.Close)
	w.watch = conn
}
