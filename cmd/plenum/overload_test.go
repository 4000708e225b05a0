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

// dialNarrow is like dial, for a client with a small receive buffer.
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
	if sealed := tlsRun.dialing(); sealed != nil {
		*options = *sealed
	}
	options.HTTPClient = &http.Client{Transport: transport}
	return dialWith(t, s, path, options)
}

// Three of the four members of a room read ten messages per second until the room is overloaded. The fourth publishes as
// fast as it can. The three read in lockstep, so that none of them is slower than the others on a busy machine.
func TestAnOverloadedRoomSlowsItsPublisherDownAndClosesNoMember(t *testing.T) {
	s := start(t, "--announce-limit=-1")
	const messages, pace = 150, 100 * time.Millisecond
	text := noise(60_000)
	publisher := dial(t, s, "/ws/chat/a?username=Alex")
	readers := []*client{dialNarrow(t, s, "/ws/chat/a"), dialNarrow(t, s, "/ws/chat/a"), dialNarrow(t, s, "/ws/chat/a")}
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "4" }, wait, tick)

	var running sync.WaitGroup
	defer running.Wait()
	go publisher.discards()
	overloaded := make(chan struct{})
	running.Go(func() {
		for seq, last := 1, ""; last != "end"; seq++ {
			select {
			case <-overloaded:
				time.Sleep(pace / 10)
			case <-time.After(pace):
			}
			for _, r := range readers {
				_, b, err := r.conn.Read(r.ctx)
				if !assert.NoError(t, err, "no member is closed") {
					return
				}
				var m struct {
					Text string
					Seq  int
				}
				if !assert.NoError(t, json.Unmarshal(b, &m)) || !assert.Equal(t, seq, m.Seq, "nothing is lost") {
					return
				}
				last = m.Text
			}
		}
	})
	running.Go(func() {
		defer close(overloaded)
		assert.Eventually(t, func() bool {
			status, body, _ := call(t, "POST", s.url+"/api/rooms/a/messages", `{"text":"`+text+`"}`)
			return assert.Contains(t, []int{http.StatusAccepted, http.StatusServiceUnavailable}, status, body) && status == http.StatusServiceUnavailable
		}, wait, pace/2)
	})
	for range messages {
		publisher.sends(text)
	}
	<-overloaded
	publisher.sends("end")
	running.Wait()
	assert.Equal(t, "0", s.metric(t, "plenum_evictions_total"))
	assert.NotEqual(t, "0", s.metric(t, "plenum_held_back_total"))
	assert.NotEqual(t, "0", s.metric(t, "plenum_overloads_total"))
	assert.Contains(t, s.log.String(), "room overloaded, its publishers are slowed down because most members cannot keep up")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_rooms_overloaded") == "0" }, wait, tick)
}
