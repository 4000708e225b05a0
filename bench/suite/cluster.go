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

// ClusterCommand is how each of several nodes is started: {node} is its number, from 1,
// and {broker} the broker's address. One that is alone, beside which they are measured, is
// started with the same pings, which are few: of 288,000 connections those would take much
// of the machine.
const (
	quietPings     = " --ping-period=10m --ping-timeout=10m"
	AloneCommand   = ServeCommand + quietPings
	ClusterCommand = "plenum serve --listen=127.0.0.{node}:0 --admin=127.0.0.{node}:0 --announce-limit=-1" + quietPings +
		" --cluster=nats://{broker}"
	BrokerCommand = "nats-server --addr 127.0.0.1 --port -1 --http_port -1 --jetstream --store_dir {store}"
)

// ClusterNodes are the numbers of nodes that are measured, after the server that is alone.
var ClusterNodes = []int{1, 2, 3, 4, 8, 16}

// ClusterName is what so many nodes are called; 0: the server alone.
func ClusterName(nodes int) string {
	if nodes == 0 {
		return "plenum"
	}
	return "plenum-" + strconv.Itoa(nodes)
}

// ClusterTargets returns the server at that path alone, and in clusters of several sizes on
// the broker that is the other program.
func ClusterTargets(ctx context.Context, server, broker string) ([]Target, error) {
	server, err := filepath.Abs(server)
	if err != nil {
		return nil, err
	}
	said, err := exec.CommandContext(ctx, broker, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", broker, err)
	}
	alone := Target{
		Name: ClusterName(0), Run: replaced(AloneCommand, server), Commit: commitOf(server),
		URL: "ws://{host}/ws/chat/{room}?username={user}",
	}
	all := []Target{alone}
	for _, n := range ClusterNodes {
		t := alone
		t.Name, t.Nodes, t.Run = ClusterName(n), n, replaced(ClusterCommand, server)
		t.Broker = replaced(BrokerCommand, broker)
		t.BrokerVersion = strings.TrimSpace(string(said))
		all = append(all, t)
	}
	return all, nil
}

// replaced is a command with its program at a path.
func replaced(command, program string) []string {
	return append([]string{program}, strings.Fields(command)[1:]...)
}

// Clustered returns the entries that are measured of clusters.
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
		ended("one-room", "--rooms", "1", "--members", "120", "--senders", "12", "--rate", "2000"),
		ended("many-rooms", "--rooms", "1000", "--members", "4", "--rate", "4"),
	}
	for _, n := range []int{1, 2, 4, 8, 16} {
		all = append(all, spanning(n))
	}
	return all
}

// contended is one room to which every node publishes at once; 12 senders are as many at each,
// whatever the number of nodes.
func contended(rate int) Entry {
	return Entry{
		ID: fmt.Sprintf("contended-%d", rate), Scenario: "fan-hot", Duration: 4 * time.Second, Nodes: []int{0, 1, 2, 3, 4},
		Flags: []string{"--members", "120", "--senders", "12", "--warmup", "1s", "--rate", strconv.Itoa(rate)},
	}
}

// ended searches the rate at which it ends.
func ended(id string, flags ...string) Entry {
	return Entry{
		ID: id, Scenario: "saturate", Duration: 2 * time.Second, Nodes: []int{0, 1, 2, 4},
		Flags: append(flags, "--warmup", "1s", "--fine", "0.25"),
	}
}

// Spanned is how many connections each node has in a room that spans all.
const Spanned = 18_000

// spanning is one room of 18,000 members at each node, and ten messages to it, so far apart
// that the deliveries a second are the same with any number of nodes.
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

// ChooseClustered is ChooseEntries of what is measured of clusters.
func ChooseClustered(ids []string) ([]Entry, error) {
	return choose(Clustered(), ids, func(e Entry) string { return e.ID })
}

// on returns e as it is measured with so many nodes.
func (e Entry) on(nodes int) Entry {
	e.Flags = filled(e.Flags, "{nodes}", strconv.Itoa(max(1, nodes)))
	return e
}

var (
	brokerReady = regexp.MustCompile(`(?s)http monitor on ([0-9.]+:[0-9]+)\n.*client connections on ([0-9.]+:[0-9]+)\n.*Server is ready\n`)
	nodeReady   = regexp.MustCompile(` serves http://([0-9.]+:[0-9]+)/ \(admin http://([0-9.]+:[0-9]+)/\)\n`)
)

// startNodes starts the broker, then the nodes, and waits until they take messages.
func (t Target) startNodes(ctx context.Context) (flags []string, stop func(), err error) {
	store, err := os.MkdirTemp("", "plenum-bench")
	if err != nil {
		return nil, nil, err
	}
	var running []*process
	stop = func() {
		for _, p := range slices.Backward(running) { // the broker last
			p.stop(stopTime)
		}
		_ = os.RemoveAll(store) // what is left of it is the system's to clean
	}
	begin := func(argv []string, ready *regexp.Regexp) (*process, error) {
		p, err := start(ctx, argv, ready)
		if err == nil {
			running = append(running, p)
		}
		return p, err
	}
	broker, err := begin(filled(t.Broker, "{store}", store), brokerReady)
	if err != nil {
		stop()
		return nil, nil, err
	}
	flags = []string{"--name=" + t.Name, "--broker=" + broker.said[0]}
	for i := range t.Nodes {
		node, err := begin(filled(filled(t.Run, "{node}", strconv.Itoa(i+1)), "{broker}", broker.said[1]), nodeReady)
		if err == nil {
			err = awaitReady(ctx, node.said[1], startTime)
		}
		if err != nil {
			stop()
			return nil, nil, err
		}
		if i == 0 {
			flags = append(flags, "--url="+strings.ReplaceAll(t.URL, "{host}", node.host()))
		}
		flags = append(flags, "--node="+node.host(), "--metrics=http://"+node.said[1]+"/metrics")
	}
	return flags, stop, nil
}

// awaitReady waits until the node whose admin listener that is takes messages.
func awaitReady(ctx context.Context, admin string, within time.Duration) error {
	const look = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for !isReady(ctx, "http://"+admin+"/readyz") {
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), fmt.Errorf("the node at %s was not ready in %v", admin, within))
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
