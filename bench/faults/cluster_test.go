//go:build faults

package faults

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

const nodes = 3

// The rooms. In the busy rooms there are two moving members per node, which publish. They
// reconnect to another node if theirs does not answer. In the quiet room there is one fixed
// member per node, which stays with its node and only listens.
var busyRooms = []string{"a", "b"}

const (
	quietRoom      = "quiet"
	movingMembers  = 2 * nodes
	memberInterval = 60 * time.Millisecond  // of a moving member
	apiInterval    = 100 * time.Millisecond // of messages by the API, per node
)

// testCluster is a cluster of brokers and nodes with its clients.
type testCluster struct {
	t             *testing.T
	brokers       []*broker
	streams       []string // names
	nodes         []*node
	movingMembers []*listener // two per node
	fixedMembers  []*listener // one per node
	publishers    []*publisher
	ledger        *ledger
	watch         *nats.Conn
	began         time.Time

	stopPublishing func() // all clients stop publishing
	disconnect     func() // all listeners disconnect
}

// settings are the differences between test clusters.
type settings struct {
	history   int    // retained messages per room
	host      string // address of the brokers
	brokers   int
	more      string // further settings of the brokers
	locations [nodes]location
	streams   int    // --cluster-streams
	program   string // the server; empty: the one under test
}

// defaultSettings retain enough messages that no listener has a gap.
func defaultSettings() settings {
	return settings{brokers: 3, streams: 1, history: 20_000, host: "127.0.0.1", locations: [nodes]location{sameNetwork, sameNetwork, sameNetwork}}
}

// startCluster starts brokers, nodes and clients, which run until the test ends. It returns when
// messages are flowing.
func startCluster(t *testing.T, s settings) *testCluster {
	t.Helper()
	if s.brokers > 1 && isTooOld(t) {
		t.Log("the NATS server is too old for a cluster of three: the test uses one")
		s.brokers = 1
	}
	w := &testCluster{t: t, streams: streamNames(s.streams), brokers: startBrokers(t, s.brokers, s.host, s.more), ledger: &ledger{}}
	w.watchBrokers()
	for i, at := range s.locations {
		n := newNode(t, i, cmp.Or(s.program, serverPath), urlsOf(w.brokers), at, fmt.Sprint("--history-messages=", s.history), "--history-memory=64MiB")
		if s.streams > 1 { // the previous version has no such flag
			n.args = append(n.args, fmt.Sprint("--cluster-streams=", s.streams))
		}
		n.start(t)
		w.nodes = append(w.nodes, n)
	}
	w.awaitReady(time.Now(), wait)
	waitUntil(t, time.Now(), wait, "not every broker has all streams", w.isWhole)
	w.connectClients()
	w.awaitCount(time.Now(), wait, busyRooms[0], movingMembers, w.nodes...)
	w.awaitCount(time.Now(), wait, quietRoom, nodes, w.nodes...)
	w.awaitTraffic()
	w.began = time.Now()
	return w
}

// connectClients connects the listeners and starts the publishers.
func (w *testCluster) connectClients() {
	listening, stop := context.WithCancel(context.Background())
	publishing, stopPublishing := context.WithCancel(context.Background())
	var listeners, publishers sync.WaitGroup
	for i, n := range w.nodes {
		listeners.Go(func() { n.observe(listening) })
		others := []*node{n, w.nodes[(i+1)%nodes], w.nodes[(i+2)%nodes]}
		w.fixedMembers = append(w.fixedMembers, newListener(fmt.Sprint("fixed", i), w.ledger, 0, []*node{n}, quietRoom))
		for k := range movingMembers / nodes {
			w.movingMembers = append(w.movingMembers, newListener(fmt.Sprintf("moving%d-%d", i, k), w.ledger, memberInterval, others, busyRooms...))
		}
		s := &publisher{node: n, rooms: busyRooms, every: apiInterval, ledger: w.ledger}
		w.publishers = append(w.publishers, s)
	}
	for _, e := range w.listeners() {
		listeners.Go(func() { e.run(listening) })
	}
	w.stopPublishing = sync.OnceFunc(func() {
		for _, e := range w.listeners() {
			e.stopPublishing()
		}
		stopPublishing()
		publishers.Wait()
	})
	w.disconnect = sync.OnceFunc(func() { stop(); listeners.Wait() })
	w.t.Cleanup(func() {
		w.disconnect()
		stopPublishing()
		for _, n := range w.nodes {
			n.kill(w.t) // a stopped node would never end
		}
		publishers.Wait()
	})
	waitUntil(w.t, time.Now(), wait, "some listeners have not joined", func() bool { return allJoined(w.listeners()) })
	for _, s := range w.publishers { // start after all listeners have joined, so that none misses a message
		publishers.Go(func() { s.run(publishing) })
	}
}

func (w *testCluster) listeners() []*listener {
	return append(append([]*listener(nil), w.movingMembers...), w.fixedMembers...)
}

// listenersOf returns the listeners that connected to a node first.
func (w *testCluster) listenersOf(n *node) []*listener {
	each := movingMembers / nodes
	return append(append([]*listener(nil), w.movingMembers[each*n.number:each*(n.number+1)]...), w.fixedMembers[n.number])
}

// others returns all nodes except one.
func (w *testCluster) others(than *node) (all []*node) {
	for _, n := range w.nodes {
		if n != than {
			all = append(all, n)
		}
	}
	return all
}
