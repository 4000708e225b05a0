//go:build storm

package storm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	connections = 10_000
	channels    = 100 // each with an event of the back end and a client event per second
	openAtOnce  = 20  // per 10 ms

	appID, appKey, appSecret = "1", "storm-key", "storm-secret"

	traffic = 3 * time.Second // before the signal, and after all are back
	wait    = 90 * time.Second
	tick    = 20 * time.Millisecond
)

func channelName(i int) string { return fmt.Sprint("private-c", i) }

// scenario is one way in which the server goes away, and in which it or another one takes over.
type scenario struct {
	name    string
	signal  syscall.Signal
	flags   []string
	data    bool // with --data
	cluster bool // another node takes over; clients connect to it from the signal on, as by a load balancer
}

// keeps reports whether events outlive the process.
func (s scenario) keeps() bool { return s.data || s.cluster }

func TestStorm(t *testing.T) {
	scenarios := []scenario{
		{name: "SIGTERM", signal: syscall.SIGTERM},
		{name: "SIGTERM, --drain-window 0s", signal: syscall.SIGTERM, flags: []string{"--drain-window=0s"}},
		{name: "SIGTERM, --data", signal: syscall.SIGTERM, data: true},
		{name: "SIGTERM, one of two nodes", signal: syscall.SIGTERM, cluster: true},
		{name: "kill -9", signal: syscall.SIGKILL},
		{name: "kill -9, --data", signal: syscall.SIGKILL, data: true},
		{name: "kill -9, one of two nodes", signal: syscall.SIGKILL, cluster: true},
	}
	var table []string
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) { table = append(table, s.run(t)) })
	}
	t.Logf("%d connections in %d private channels, %d of the back end's and %d client events per second; times in s from the signal\n\n%s\n%s",
		connections, channels, channels, channels, header, strings.Join(table, ""))
}

// run runs the scenario, and returns its row of the table.
func (s scenario) run(t *testing.T) string {
	srv, other := s.servers(t)
	at := newAddress(srv.host)
	c := newCrowd(t, at)
	b := newBackEnd(t, at)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var publishing sync.WaitGroup
	var last int
	publishing.Go(func() { last = publishAll(ctx, b, c) })

	pause(traffic)
	signalled := time.Now()
	if other != nil {
		at.host.Store(&other.host)
	}
	srv.end(t, s.signal)
	var listening time.Duration
	if other == nil {
		srv.start(t)
		listening = time.Since(signalled)
	}
	c.awaitBack(t, signalled, "not all members are back")
	pause(traffic)
	stop()
	publishing.Wait()
	finish(t, b, c, last)
	r := report{scenario: s, listening: listening, members: c.members, counts: c.counted(), backEnd: b}
	r.measure(signalled)
	r.check(t)
	return r.rows()
}

// servers starts the server, and in a cluster the other node.
func (s scenario) servers(t *testing.T) (srv, other *server) {
	flags := slices.Clone(s.flags)
	if s.data {
		flags = append(flags, "--data="+t.TempDir())
	}
	if !s.cluster {
		return newServer(t, flags...), nil
	}
	flags = append(flags, "--cluster="+newBroker(t))
	return newServer(t, flags...), newServer(t, flags...)
}

// pause waits for d while the traffic goes on.
func pause(d time.Duration) { <-time.After(d) }

// finish publishes a last event in each channel, and waits until all members have received it.
func finish(t *testing.T, b *backEnd, c *crowd, last int) {
	t.Helper()
	for channel := range channels {
		require.NoError(t, b.publish(channel, last))
		b.note(channel, last, nil)
	}
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(c.members, func(m *member) bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			return !m.record.got[fromBackEnd].has(last)
		})
	}, wait, tick, "the last event has not arrived everywhere")
}

// check checks the rules of every scenario, and those of scenarios in which events outlive the process.
func (r *report) check(t *testing.T) {
	for what, n := range r.counts {
		switch what {
		case "attempts", "refused", "timed out", "cut off", "closed 1006", "closed 4100", "closed 4200":
		default:
			assert.Zero(t, n, "%s: %v", what, r.members[0].crowd.lastError())
		}
	}
	assert.Zero(t, r.repeated, "events that were received twice")
	assert.Zero(t, r.broken, "events out of order or missing, by seq")
	if r.scenario.keeps() {
		assert.Zero(t, r.lost[true].most, "members that send since have missed events")
		assert.Zero(t, r.nowhere, "events that the API has answered with 200 and no member has received")
		assert.Zero(t, r.gaps, "plenum:gap")
	}
}
