//go:build storm

package storm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

// address is where clients and the back end connect to. A load balancer may change it.
type address struct{ host atomic.Pointer[string] }

func newAddress(host string) *address {
	a := new(address)
	a.host.Store(&host)
	return a
}

// clients returns the URL for clients.
func (a *address) clients() string {
	return "ws://" + *a.host.Load() + "/app/" + appKey + "?protocol=7&client=js&version=8.4.0&flash=false"
}

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

func (c *crowd) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[what]++
}

func (c *crowd) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// lastError returns the last failure that is not counted by its reason.
func (c *crowd) lastError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// reset sets all counts to 0.
func (c *crowd) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.counts)
}

// counted returns a copy of the counts.
func (c *crowd) counted() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

func (c *crowd) closed(client *wsclient.Client, end wsclient.End) {
	c.members[client.Tag()].closed(client, end.Code)
}

// subscription is an event of the server about a subscription or a connection.
type subscription struct {
	Event     string
	Data      json.RawMessage // mostly a string with JSON in it
	Epoch     string
	Seq       uint64
	Recovered bool
}

var (
	tickStart   = []byte(`{"event":"tick"`)
	clientStart = []byte(`{"event":"client-tick"`)
)

func (c *crowd) message(client *wsclient.Client, _ frame.Opcode, payload []byte) {
	m := c.members[client.Tag()]
	switch {
	case bytes.HasPrefix(payload, tickStart):
		m.tick(client, fromBackEnd, payload)
	case bytes.HasPrefix(payload, clientStart):
		m.tick(client, fromMember, payload)
	default:
		m.control(client, payload)
	}
}

// tick notes an event with a number.
func (m *member) tick(client *wsclient.Client, source int, payload []byte) {
	number, err := strconv.Atoi(field(payload, `"data":"`))
	seq, seqErr := strconv.ParseUint(field(payload, `"seq":`), 10, 64)
	if err != nil || seqErr != nil {
		m.crowd.count("malformed")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if client == m.client {
		m.record.event(seq, source, number)
	}
}

// field returns the digits after a key.
func field(payload []byte, key string) string {
	_, rest, _ := bytes.Cut(payload, []byte(key))
	end := 0
	for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
		end++
	}
	return string(rest[:end])
}

// control handles all other events of the server.
func (m *member) control(client *wsclient.Client, payload []byte) {
	var s subscription
	var text string
	var data struct {
		SocketID string `json:"socket_id"`
		To       uint64
	}
	if json.Unmarshal(payload, &s) != nil {
		m.crowd.count("malformed")
		return
	}
	if json.Unmarshal(s.Data, &text) == nil {
		_ = json.Unmarshal([]byte(text), &data) // other events have other data
	}
	switch s.Event {
	case "pusher:connection_established":
		m.established(client, data.SocketID)
	case "pusher_internal:subscription_succeeded":
		m.subscribed(client, s)
	case "plenum:gap":
		m.mu.Lock()
		defer m.mu.Unlock()
		m.record.gap(data.To)
	default:
		m.crowd.count(s.Event)
		m.crowd.note(fmt.Errorf("%s", payload))
	}
}
