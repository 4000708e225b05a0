package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dialNarrow is dial for a client whose kernel takes little that it has not read.
func dialNarrow(t *testing.T, s *testServer, path string) *client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		}
		return conn, err
	}
	t.Cleanup(transport.CloseIdleConnections)
	options := &websocket.DialOptions{}
	if sealed := secret.dialing(); sealed != nil {
		*options = *sealed
	}
	options.HTTPClient = &http.Client{Transport: transport}
	return dialWith(t, s, path, options)
}

// Three of the four members of a room read at a few MB/s, and the fourth sends as fast as it can.
func TestAnOverloadedRoomHoldsItsPublisherBackAndClosesNobody(t *testing.T) {
	s := start(t, "--announce-limit=-1")
	const messages, pace = 300, 10 * time.Millisecond
	publisher := dial(t, s, "/ws/chat/a?username=Alex")
	readers := []*client{dialNarrow(t, s, "/ws/chat/a"), dialNarrow(t, s, "/ws/chat/a"), dialNarrow(t, s, "/ws/chat/a")}
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "4" }, wait, tick)

	var running sync.WaitGroup
	defer running.Wait()
	go publisher.listens()
	for _, r := range readers {
		running.Go(func() {
			due := time.NewTicker(pace)
			defer due.Stop()
			for seq := 1; ; seq++ {
				<-due.C
				_, b, err := r.conn.Read(r.ctx)
				if !assert.NoError(t, err, "nobody is closed") {
					return
				}
				var m struct {
					Text string
					Seq  int
				}
				if !assert.NoError(t, json.Unmarshal(b, &m)) || !assert.Equal(t, seq, m.Seq, "nothing is lost") || m.Text == "end" {
					return
				}
			}
		})
	}
	overloaded := make(chan struct{})
	running.Go(func() {
		defer close(overloaded)
		assert.Eventually(t, func() bool {
			status, body, _ := call(t, "POST", s.url+"/api/rooms/a/messages", `{"text":"from outside"}`)
			return assert.Contains(t, []int{http.StatusAccepted, http.StatusServiceUnavailable}, status, body) && status == http.StatusServiceUnavailable
		}, wait, 20*time.Millisecond)
	})
	text := noise(60_000)
	for range messages {
		publisher.says(text)
	}
	<-overloaded
	publisher.says("end")
	running.Wait()
	assert.Equal(t, "0", s.metric(t, "plenum_evictions_total"))
	assert.NotEqual(t, "0", s.metric(t, "plenum_held_back_total"))
	assert.NotEqual(t, "0", s.metric(t, "plenum_overloads_total"))
	assert.Contains(t, s.log.String(), "room overloaded: more than half of its members cannot keep up")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_rooms_overloaded") == "0" }, wait, tick)
}
