//go:build faults

package faults

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

const nodes = 3

// The rooms. In the loud ones two speak who have come to each node, and go on at another where
// theirs is away; in the quiet one is one listener a node, who stays with it.
var loud = []string{"a", "b"}

const (
	quiet     = "quiet"
	roamers   = 2 * nodes
	everySays = 60 * time.Millisecond  // a roamer
	apiSays   = 100 * time.Millisecond // to each node
)

// world is a cluster with clients.
type world struct {
	t        *testing.T
	brokers  []*broker
	nodes    []*node
	roamers  []*listener // two a node
	stayers  []*listener // one a node
	speakers []*speaker
	ledger   *ledger
	watch    *nats.Conn
	began    time.Time

	hush func() // has nobody speak any more
	stop func() // has the listeners leave
}

// settings are what worlds differ in.
type settings struct {
	history int    // messages kept of a room
	host    string // where the brokers are
	brokers int
	more    string // settings of theirs
	places  [nodes]place
}

// plainly is a world in which so much is kept that nobody misses anything.
func plainly() settings {
	return settings{brokers: 3, history: 20_000, host: "127.0.0.1", places: [nodes]place{here, here, here}}
}

// begin has a whole cluster in use until the test ends.
func begin(t *testing.T, s settings) *world {
	t.Helper()
	if s.brokers > 1 && isTooOld(t) {
		t.Log("these brokers are too old to be three: there is one")
		s.brokers = 1
	}
	w := &world{t: t, brokers: startBrokers(t, s.brokers, s.host, s.more), ledger: &ledger{}}
	w.watchBrokers()
	for i, at := range s.places {
		n := newNode(t, i, urlsOf(w.brokers), at, fmt.Sprint("--history-messages=", s.history), "--history-memory=64MiB")
		n.start(t)
		w.nodes = append(w.nodes, n)
	}
	w.awaitReady(time.Now(), wait)
	took(t, time.Now(), wait, "the stream is not whole", w.isWhole)
	w.people()
	w.awaitCount(time.Now(), wait, loud[0], roamers, w.nodes...)
	w.awaitCount(time.Now(), wait, quiet, nodes, w.nodes...)
	w.goOn()
	w.began = time.Now()
	return w
}

// people has the listeners come and the speakers speak.
func (w *world) people() {
	listening, stop := context.WithCancel(context.Background())
	speaking, hush := context.WithCancel(context.Background())
	var listeners, speakers sync.WaitGroup
	for i, n := range w.nodes {
		listeners.Go(func() { n.observe(listening) })
		others := []*node{n, w.nodes[(i+1)%nodes], w.nodes[(i+2)%nodes]}
		w.stayers = append(w.stayers, newListener(fmt.Sprint("stayer", i), w.ledger, 0, []*node{n}, quiet))
		for k := range roamers / nodes {
			w.roamers = append(w.roamers, newListener(fmt.Sprintf("roamer%d-%d", i, k), w.ledger, everySays, others, loud...))
		}
		s := &speaker{node: n, rooms: loud, every: apiSays, ledger: w.ledger}
		w.speakers = append(w.speakers, s)
	}
	for _, e := range w.listeners() {
		listeners.Go(func() { e.run(listening) })
	}
	w.hush = sync.OnceFunc(func() {
		for _, e := range w.listeners() {
			e.mute()
		}
		hush()
		speakers.Wait()
	})
	w.stop = sync.OnceFunc(func() { stop(); listeners.Wait() })
	w.t.Cleanup(func() {
		w.stop()
		hush()
		for _, n := range w.nodes {
			n.kill(w.t) // it may stand still, and is waited for
		}
		speakers.Wait()
	})
	took(w.t, time.Now(), wait, "not everybody is in", func() bool { return allIn(w.listeners()) })
	for _, s := range w.speakers { // nobody is to miss anything for having come later
		speakers.Go(func() { s.run(speaking) })
	}
}

func (w *world) listeners() []*listener {
	return append(append([]*listener(nil), w.roamers...), w.stayers...)
}

// at is the listeners that have come to a node first.
func (w *world) at(n *node) []*listener {
	each := roamers / nodes
	return append(append([]*listener(nil), w.roamers[each*n.number:each*(n.number+1)]...), w.stayers[n.number])
}

// others is the nodes without one.
func (w *world) others(than *node) (all []*node) {
	for _, n := range w.nodes {
		if n != than {
			all = append(all, n)
		}
	}
	return all
}
