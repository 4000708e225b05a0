package main

import (
	"net/http"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sealed stream takes no messages, like one without a leader.
func TestAStreamThatTakesNoMessagesIsNamedAndTheNodeStaysReady(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	s := start(t, "--cluster="+broker.ClientURL(), "--cluster-streams=2", "--announce-limit=-1")
	s.isReady(t)
	const first, second = `plenum_bus_stream_up{stream="PLENUM-2-0"}`, `plenum_bus_stream_up{stream="PLENUM-2-1"}`
	assert.Equal(t, "1", s.metric(t, second))
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), "PLENUM-2-1")
	require.NoError(t, err)
	sealed := stream.CachedInfo().Config
	sealed.Sealed = true
	_, err = js.UpdateStream(t.Context(), sealed)
	require.NoError(t, err)

	require.Eventually(t, func() bool { return s.metric(t, second) == "0" }, wait, tick)
	status, body := get(t, s.admin+"/readyz")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "ready, but these streams take no messages: PLENUM-2-1\n", body)
	assert.Equal(t, []string{"1", "1"}, []string{s.metric(t, first), s.metric(t, "plenum_bus_up")})
	member := dial(t, s, "/ws?username=Bea") // the room "a" is in PLENUM-2-0, "b" in PLENUM-2-1
	member.asks(`{"type":"join","room":"a"}`, `{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	member.asks(`{"type":"join","id":2,"room":"b"}`, `{"type":"error","id":2,"code":"bus","message":"the bus is away"}`)
}
