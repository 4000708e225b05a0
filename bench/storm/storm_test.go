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

// scenario is one way in which the server goes away and comes back.
type scenario struct {
	name   string
	signal syscall.Signal
	flags  []string
	keeps  bool // with --data
}

func TestStorm(t *testing.T) {
	scenarios := []scenario{
		{"SIGTERM", syscall.SIGTERM, nil, false},
		{"SIGTERM, --drain-window 0s", syscall.SIGTERM, []string{"--drain-window=0s"}, false},
		{"SIGTERM, --data", syscall.SIGTERM, nil, true},
		{"kill -9", syscall.SIGKILL, nil, false},
		{"kill -9, --data", syscall.SIGKILL, nil, true},
	}
	var table []string
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) { table = append(table, s.run(t)) })
	}
	t.Logf("%d connections in %d private channels, %d of the back end's and %d client events per second; times in s from the signal\n\n%s\n%s",
		connections, channels, channels, channels, header, strings.Join(table, ""))
}

// run runs the scenario, and returns its rows of the table.
func (s scenario) run(t *testing.T) string {
	flags := s.flags
	if s.keeps {
		flags = append(slices.Clone(flags), "--data="+t.TempDir())
	}
	srv := newServer(t, flags...)
	c := newCrowd(t, srv.host)
	b := newBackEnd(t, srv.host)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var publishing sync.WaitGroup
	var last int
	publishing.Go(func() { last = publishAll(ctx, b, c) })

	pause(traffic)
	signalled := time.Now()
	srv.end(t, s.signal)
	srv.start(t)
	listening := time.Since(signalled)
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

// pause lets time pass in which only traffic happens.
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

// check checks what holds in every scenario.
func (r *report) check(t *testing.T) {
	for what, n := range r.counts {
		switch what {
		case "attempts", "refused", "timed out", "cut off", "closed 1006", "closed 4100", "closed 4200":
		default:
			assert.Zero(t, n, "%s: %v", what, r.members[0].crowd.err)
		}
	}
	assert.Zero(t, r.repeated, "events that were received twice")
	assert.Zero(t, r.broken, "events out of order or missing, by seq")
	if r.scenario.keeps {
		assert.Zero(t, r.lost[true].most, "members that send since have missed events")
		assert.Zero(t, r.nowhere, "events that the API has answered with 200 and no member has received")
		assert.Zero(t, r.gaps, "plenum:gap")
	}
}
