//go:build faults

package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/rooms/client"
)

// dataMember is a member of one room of a node with --data. It resumes by itself.
type dataMember struct {
	*client.Client
	room string
	stop func() // ends it, and waits for its goroutines

	mu        sync.Mutex
	connected bool // it is in the room on the present connection
	joins     int
	heard     []client.Message
	faults    []string                   // gaps, refusals, and joins that did not recover
	published map[string]client.Position // acknowledged messages, by text
	unknown   int                        // messages without an answer
	messages  int                        // messages that it has published or tried to
}

// joinData starts a member, which joins the room.
func joinData(t *testing.T, host, name, room string) *dataMember {
	t.Helper()
	c, err := client.New(client.Config{URL: "ws://" + host + "/ws", Name: name})
	require.NoError(t, err)
	m := &dataMember{Client: c, room: room, published: map[string]client.Position{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) }) // it ends with ctx
	running.Go(m.record)
	m.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(m.stop)
	require.NoError(t, c.Join(ctx, room))
	return m
}

// record records the events until the member ends.
func (m *dataMember) record() {
	for e := range m.Events() {
		m.mu.Lock()
		switch e := e.(type) {
		case client.Message:
			m.heard = append(m.heard, e)
		case client.Joined:
			if m.joins > 0 && !e.Recovered {
				m.faults = append(m.faults, fmt.Sprintf("not recovered: %+v", e))
			}
			m.joins++
			m.connected = true
		case client.State:
			m.connected = m.connected && e.Connected
		default:
			m.faults = append(m.faults, fmt.Sprintf("%#v", e))
		}
		m.mu.Unlock()
	}
}

// publishEvery publishes a message at each interval until ctx ends. A message that waits for its answer does not delay
// the next one.
func (m *dataMember) publishEvery(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	for number := 0; ; number++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			running.Go(func() { m.publish(fmt.Sprint(m.room, " ", number)) })
		}
	}
}

// publish publishes a message, and records its answer. While the node is away, it waits for a connection.
func (m *dataMember) publish(text string) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	at, err := m.Publish(ctx, m.room, text)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages++
	switch {
	case err == nil:
		m.published[text] = at
	case errors.Is(err, client.ErrUnknown):
		m.unknown++
	default:
		m.faults = append(m.faults, fmt.Sprintf("publish: %v", err))
	}
}

// isIn reports whether the member is in its room, and has joined it at least so many times.
func (m *dataMember) isIn(joins int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.connected && m.joins >= joins
}

// joined returns the number of joins so far.
func (m *dataMember) joined() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.joins
}

// reached reports whether the member has received the room's messages up to a position.
func (m *dataMember) reached(at client.Position) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.heard) > 0 && m.heard[len(m.heard)-1].Epoch == at.Epoch && m.heard[len(m.heard)-1].Seq >= at.Seq
}
