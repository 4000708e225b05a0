//go:build storm

package storm

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/wsclient"
)

// crowd is all members.
type crowd struct {
	// Set at creation.
	at      *address
	pool    *wsclient.Pool
	members []*member

	ended atomic.Bool // no member connects again

	mu     sync.Mutex
	counts map[string]int
	err    error // the last failure that is not counted by its reason
}

// newCrowd opens all connections, and waits until all members are subscribed.
func newCrowd(t *testing.T, at *address) *crowd {
	t.Helper()
	c := &crowd{at: at, counts: map[string]int{}}
	for i := range connections {
		c.members = append(c.members, &member{crowd: c, tag: i, channel: i % channels, speaks: i < channels, resumes: i/channels%2 == 0})
	}
	pool, err := wsclient.NewPool(wsclient.Config{OnMessage: c.message, OnClose: c.closed})
	require.NoError(t, err)
	c.pool = pool
	t.Cleanup(func() {
		c.ended.Store(true)
		pool.Shutdown()
	})
	began := time.Now()
	ticker := time.NewTicker(10 * time.Millisecond) // so that the server is not measured here
	defer ticker.Stop()
	for i, m := range c.members {
		if i%openAtOnce == 0 {
			<-ticker.C
		}
		m.connect()
	}
	c.awaitBack(t, began, "members have not subscribed")
	c.reset()
	return c
}

// awaitBack waits until all members have subscribed after since.
func (c *crowd) awaitBack(t *testing.T, since time.Time, failure string) {
	t.Helper()
	if !assert.Eventually(t, func() bool { return c.away(since) == 0 }, wait, tick, failure) {
		require.FailNow(t, failure, "%d are away; %v; %v", c.away(since), c.counted(), c.lastError())
	}
}

// away returns how many members have not subscribed after since.
func (c *crowd) away(since time.Time) (n int) {
	for _, m := range c.members {
		if _, ok := m.isBack(since); !ok {
			n++
		}
	}
	return n
}

// after calls f after a wait, unless the crowd has ended.
func (c *crowd) after(wait time.Duration, f func()) {
	time.AfterFunc(wait, func() {
		if !c.ended.Load() {
			f()
		}
	})
}

func (c *crowd) closed(client *wsclient.Client, end wsclient.End) {
	c.members[client.Tag()].closed(client, end.Code)
}
