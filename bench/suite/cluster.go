package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Commands that start the servers of a cluster. {node} is a node's number, from 1, {broker}
// the address of the NATS server, and {store} a new folder.
//
// AloneCommand starts the single server that clusters are compared with. All servers ping rarely,
// because the pings of 288,000 connections would take much of the machine.
const (
	quietPings     = " --ping-period=10m --ping-timeout=10m"
	AloneCommand   = ServeCommand + quietPings
	ClusterCommand = "plenum serve --listen=127.0.0.{node}:0 --admin=127.0.0.{node}:0 --announce-limit=-1" + quietPings +
		" --cluster=nats://{broker}"
	BrokerCommand = "nats-server --addr 127.0.0.1 --port -1 --http_port -1 --jetstream --store_dir {store}"
)

// ClusterNodes are the sizes of the clusters that are measured. The single server without a NATS
// server is measured too.
var ClusterNodes = []int{1, 2, 3, 4, 8, 16}

// ClusterName returns the name of the target with this number of nodes. 0 is the single
// server without a NATS server.
func ClusterName(nodes int) string {
	if nodes == 0 {
		return "plenum"
	}
	return "plenum-" + strconv.Itoa(nodes)
}

// ClusterTargets returns the single server and a cluster of each size in ClusterNodes. server is the
// path of plenum, and broker is that of the NATS server.
func ClusterTargets(ctx context.Context, server, broker string) ([]Target, error) {
	server, err := filepath.Abs(server)
	if err != nil {
		return nil, err
	}
	version, err := exec.CommandContext(ctx, broker, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", broker, err)
	}
	alone := Target{
		Name: ClusterName(0), Run: commandAt(AloneCommand, server), Commit: commitOf(server),
		URL: "ws://{host}/ws/chat/{room}?username={user}",
	}
	all := []Target{alone}
	for _, n := range ClusterNodes {
		t := alone
		t.Name, t.Nodes, t.Run = ClusterName(n), n, commandAt(ClusterCommand, server)
		t.Broker = commandAt(BrokerCommand, broker)
		t.BrokerVersion = strings.TrimSpace(string(version))
		all = append(all, t)
	}
	return all, nil
}

// commandAt returns the arguments of a command, with its program replaced by a path.
func commandAt(command, program string) []string {
	return append([]string{program}, strings.Fields(command)[1:]...)
}

// Clustered returns the entries that are measured on clusters.
func Clustered() []Entry {
	brief := []string{"--warmup", "1s"}
	all := []Entry{
		{ID: "fan-large", Scenario: "fan-large", Duration: 20 * time.Second, Flags: brief, Nodes: []int{0, 1}},
		{ID: "fan-hot-200", Scenario: "fan-hot", Duration: 4 * time.Second, Flags: []string{"--warmup", "1s", "--rate", "200"}, Nodes: []int{0, 1}},
		{ID: "fan-hot-1000", Scenario: "fan-hot", Duration: 4 * time.Second, Flags: []string{"--warmup", "1s", "--rate", "1000"}, Nodes: []int{0, 1}},
		{ID: "rooms-small", Scenario: "rooms-small", Duration: 4 * time.Second, Flags: brief, Nodes: []int{0, 1, 2, 4}},
		{
			ID: "rooms-9000", Scenario: "rooms-small", Duration: 20 * time.Second, Nodes: []int{0, 1, 2},
			Flags: []string{"--rooms", "9000", "--members", "2", "--rate", "0.05", "--warmup", "1s"},
		},
		contended(200), contended(1000), contended(4000),
		searching("one-room", "--rooms", "1", "--members", "120", "--senders", "12", "--rate", "2000"),
		searching("many-rooms", "--rooms", "1000", "--members", "4", "--rate", "4"),
	}
	for _, n := range []int{1, 2, 4, 8, 16} {
		all = append(all, spanning(n))
	}
	return all
}

// contended is one room to which every node publishes at the same time. It has 12 senders, because 12
// can be divided evenly among 1, 2, 3 or 4 nodes. rate is in messages per second.
func contended(rate int) Entry {
	return Entry{
		ID: fmt.Sprintf("contended-%d", rate), Scenario: "fan-hot", Duration: 4 * time.Second, Nodes: []int{0, 1, 2, 3, 4},
		Flags: []string{"--members", "120", "--senders", "12", "--warmup", "1s", "--rate", strconv.Itoa(rate)},
	}
}

// searching is a search for the highest rate that the cluster sustains.
func searching(id string, flags ...string) Entry {
	return Entry{
		ID: id, Scenario: "saturate", Duration: 2 * time.Second, Nodes: []int{0, 1, 2, 4},
		Flags: append(flags, "--warmup", "1s", "--fine", "0.25"),
	}
}

// Spanned is the number of connections per node in a room that spans all nodes.
const Spanned = 18_000

// spanning is one room with Spanned members at each node, and ten messages. The time between messages
// is in proportion to the number of nodes, so that the deliveries per second are the same for all.
func spanning(nodes int) Entry {
	const messages = 10
	apart := time.Duration(nodes) * 625 * time.Millisecond
	e := Entry{
		ID: "span-" + strconv.Itoa(nodes), Scenario: "fan-large", Duration: messages * apart, Nodes: []int{nodes},
		Flags: []string{
			"--members", strconv.Itoa(nodes * Spanned), "--rate", strconv.FormatFloat(1/apart.Seconds(), 'g', -1, 64),
			"--warmup", (2 * apart).String(), "--processes", "{nodes}", "--loops", "1", "--dialers", "16", "--drain", "30s",
		},
	}
	if nodes == 1 {
		e.Nodes = []int{0, 1}
	}
	return e
}

// ChooseClustered is ChooseEntries for the entries of Clustered.
func ChooseClustered(ids []string) ([]Entry, error) {
	return choose(Clustered(), ids, func(e Entry) string { return e.ID })
}

// withNodes returns e with {nodes} in its flags replaced by the number of nodes, at least 1.
func (e Entry) withNodes(nodes int) Entry {
	e.Flags = replaceAll(e.Flags, "{nodes}", strconv.Itoa(max(1, nodes)))
	return e
}

// The ready lines. The groups of brokerReady are the NATS server's addresses for monitoring and for
// clients. Those of nodeReady are a node's address for clients and its admin address.
var (
	brokerReady = regexp.MustCompile(`(?s)http monitor on ([0-9.]+:[0-9]+)\n.*client connections on ([0-9.]+:[0-9]+)\n.*Server is ready\n`)
	nodeReady   = regexp.MustCompile(` serves http://([0-9.]+:[0-9]+)/ \(admin http://([0-9.]+:[0-9]+)/\)\n`)
)

// startNodes starts the NATS server, then one node after the other, and waits until each is ready. It
// returns the flags of plenum-bench run for the cluster. stop stops the nodes, then the NATS server,
// and removes its store. If startNodes fails, it has stopped these processes, and stop is nil.
func (t Target) startNodes(ctx context.Context) (flags []string, stop func(), err error) {
	store, err := os.MkdirTemp("", "plenum-bench")
	if err != nil {
		return nil, nil, err
	}
	var running []*process
	stop = func() {
		for _, p := range slices.Backward(running) { // the NATS server last
			p.stop(stopTime)
		}
		_ = os.RemoveAll(store) // leftovers are in the system's temporary folder
	}
	begin := func(argv []string, ready *regexp.Regexp) (*process, error) {
		p, err := start(ctx, argv, ready)
		if err == nil {
			running = append(running, p)
		}
		return p, err
	}
	broker, err := begin(replaceAll(t.Broker, "{store}", store), brokerReady)
	if err != nil {
		stop()
		return nil, nil, err
	}
	flags = []string{"--name=" + t.Name, "--broker=" + broker.addresses[0]}
	for i := range t.Nodes {
		node, err := begin(replaceAll(replaceAll(t.Run, "{node}", strconv.Itoa(i+1)), "{broker}", broker.addresses[1]), nodeReady)
		if err == nil {
			err = awaitReady(ctx, node.addresses[1], startTime)
		}
		if err != nil {
			stop()
			return nil, nil, err
		}
		if i == 0 {
			flags = append(flags, "--url="+strings.ReplaceAll(t.URL, "{host}", node.host()))
		}
		flags = append(flags, "--node="+node.host(), "--metrics=http://"+node.addresses[1]+"/metrics")
	}
	return flags, stop, nil
}

// awaitReady waits until /readyz of the admin address answers with status 200. It gives up after within.
func awaitReady(ctx context.Context, admin string, within time.Duration) error {
	const interval = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for !isReady(ctx, "http://"+admin+"/readyz") {
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), fmt.Errorf("node with admin address %s not ready within %v", admin, within))
		case <-ticker.C:
		}
	}
	return nil
}

func isReady(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
