package main

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	goclient "plenum/rooms/client"
)

// runClient runs a Go client until the test ends. lost receives a value for each connection that has ended.
func runClient(t *testing.T, url string) (c *goclient.Client, lost <-chan struct{}) {
	t.Helper()
	c, err := goclient.New(goclient.Config{URL: "ws://" + address(url) + "/ws", Name: "Alex"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ends := make(chan struct{}, 100)
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, c.Run(ctx)) })
	running.Go(func() {
		for e := range c.Events() {
			if state, ok := e.(goclient.State); ok && !state.Connected {
				ends <- struct{}{}
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return c, ends
}

// The rooms have no other members. After each reconnect the node must therefore open them again, which takes a round
// trip to the broker.
func TestTheGoClientPublishesAfterAReconnectInACluster(t *testing.T) {
	plainOnly(t, "the Go client does not trust the certificate")
	t.Parallel()
	const cuts, rooms = 5, 20
	s := start(t, "--cluster="+startBroker(t, 0, t.TempDir()).ClientURL(), "--announce-limit=-1")
	s.isReady(t)
	r := relayTo(t, s.url)
	c, lost := runClient(t, r.url)
	for n := range rooms {
		require.NoError(t, c.Join(t.Context(), fmt.Sprint("r", n)))
	}
	for range cuts {
		r.cut()
		<-lost
		var speakers sync.WaitGroup
		for n := range rooms {
			speakers.Go(func() {
				_, err := c.Publish(t.Context(), fmt.Sprint("r", n), "hi")
				assert.NoError(t, err)
			})
		}
		speakers.Wait()
	}
}
