package main

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// dialCompressed is like dial, for a client that offers permessage-deflate.
func dialCompressed(t *testing.T, s *testServer, path string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*wait)
	t.Cleanup(cancel)
	conn, resp, err := websocket.Dial(ctx, s.url+path, &websocket.DialOptions{CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1})
	require.NoError(t, err)
	require.Contains(t, resp.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate")
	conn.SetReadLimit(1 << 24)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t: t, conn: conn, ctx: ctx}
}

// delivered returns the number of bytes written to members so far.
func (s *testServer) delivered(t *testing.T) int {
	t.Helper()
	n, err := strconv.ParseFloat(s.metric(t, "plenum_delivered_bytes_total"), 64)
	require.NoError(t, err)
	return int(n)
}

func TestMessagesAreCompressedForClientsThatNegotiateCompression(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--compression=on", "--announce-limit=-1")
	long := strings.Repeat("much the same, ", 500)
	want := func(seq int) string {
		return `{"sender":"Alex","text":"` + long + `","room":"a","timestamp":T,"seq":` + strconv.Itoa(seq) + `}`
	}
	alex := dialCompressed(t, s, "/ws/chat/a?username=Alex")
	alex.sends("short")
	alex.receives(`{"sender":"Alex","text":"short","room":"a","timestamp":T,"seq":1}`)
	before := s.delivered(t)
	alex.sends(long)
	alex.receives(want(2))
	assert.Less(t, s.delivered(t)-before, len(long)/10)

	plain := dial(t, s, "/ws/chat/a?username=Sam")
	events := listenTo(t, s, "/sse/rooms/a")
	events.receivesPosition()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "3" }, wait, tick)
	mux := dialCompressed(t, s, "/ws")
	mux.sends(`{"type":"join","room":"a"}`)
	mux.receives(`{"type":"joined","room":"a","epoch":"E","seq":2,"members":4,"recovered":false}`)
	epoch := s.epoch(t, "a")
	alex.sends(long)
	alex.receives(want(3))
	plain.receives(want(3))
	mux.receives(want(3))
	events.receives("id: " + epoch + ":3\nevent: message\ndata: " + want(3))

	late := dialCompressed(t, s, "/ws/chat/a?username=Late&since="+epoch+":1")
	late.receives(`{"type":"joined","room":"a","epoch":"E","seq":3,"recovered":true}`)
	late.receives(want(2))
	late.receives(want(3))
}

// wantSmall publishes a long message with publish. It requires that the message is delivered in a small number of bytes.
func wantSmall(t *testing.T, s *testServer, publish func(long string)) {
	t.Helper()
	before := s.delivered(t)
	long := strings.Repeat("much the same, ", 500)
	publish(long)
	assert.Less(t, s.delivered(t)-before, len(long)/10)
}

func TestMessagesOfTheMuxAndTheLobbyAreCompressed(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--compression=on", "--announce-limit=-1")
	mux := dialCompressed(t, s, "/ws")
	mux.sends(`{"type":"join","room":"a"}`)
	mux.receives(`{"type":"joined","room":"a","epoch":"E","seq":0,"members":1,"recovered":false}`)
	wantSmall(t, s, func(long string) {
		mux.sends(`{"type":"publish","room":"a","text":"` + long + `"}`)
		mux.receivesBoth(`{"type":"published","room":"a","seq":1}`, `{"sender":"Anonymous","text":"`+long+`","room":"a","timestamp":T,"seq":1}`)
	})
	mux.leaves()
	lobby := dialCompressed(t, s, "/chat")
	lobby.receives("You are connected! There are 1 users here.")
	wantSmall(t, s, func(long string) {
		lobby.sends(long)
		lobby.receives("[user0]: " + long)
	})
}

// The client limits the server's window (server_max_window_bits). A message longer than the window must not refer back
// further than the window.
func TestCompressionUsesTheWindowThatTheClientAskedFor(t *testing.T) {
	t.Parallel()
	s := start(t, "--compression=on", "--announce-limit=-1")
	text := noise(400) // it repeats at a distance of half a kilobyte
	long := strings.Repeat(text, 4)
	for bits, most := range map[string]float64{"8": 1.1, "15": .5} {
		conn := dialSocket(t, s)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(wait)))
		_, err := conn.Write([]byte("GET /ws/chat/w" + bits + " HTTP/1.1\r\nHost: x\r\n" + upgradeHeaders +
			"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=" + bits + "\r\n\r\n"))
		require.NoError(t, err)
		in := bufio.NewReader(conn)
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		require.Contains(t, resp.Header.Get("Sec-WebSocket-Extensions"), "server_max_window_bits="+bits)
		_, err = conn.Write(masked(frame.Text, long))
		require.NoError(t, err)
		head, err := in.Peek(4)
		require.NoError(t, err)
		h, _, err := frame.ParseHeader(head)
		require.NoError(t, err)
		assert.Less(t, float64(h.Length), most*float64(len(long)), bits)
		assert.Equal(t, bits == "8", float64(h.Length) > .7*float64(len(long)), "%s: %d", bits, h.Length)
	}
}

// noise returns a text of n bytes without repetitions.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"[random.IntN(64)]
	}
	return string(b)
}

func TestResponsesAndTheLobbyAreCompressed(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--compression=on", "--compression-min=1B")
	lobby := dialCompressed(t, s, "/chat")
	lobby.receives("You are connected! There are 1 users here.")
	lobby.sends(strings.Repeat("hello ", 100))
	lobby.receives("[user0]: " + strings.Repeat("hello ", 100))
	echo := dialCompressed(t, s, "/echo")
	echo.receives("Connected. Say something.")
	echo.sends(strings.Repeat("echo ", 100))
	echo.receives("You said: " + strings.Repeat("echo ", 100))
	mux := dialCompressed(t, s, "/ws")
	mux.sends(`{"type":"leave","room":"a"}`)
	mux.receives(`{"type":"error","code":"not_joined","message":"join the room first"}`)
}

func TestWithoutCompressionTheServerNegotiatesNone(t *testing.T) {
	plainOnly(t, "the suite turns compression on")
	t.Parallel()
	s := start(t)
	conn, resp, err := websocket.Dial(t.Context(), s.url+"/echo/raw", &websocket.DialOptions{CompressionMode: websocket.CompressionNoContextTakeover})
	require.NoError(t, err)
	assert.Empty(t, resp.Header.Get("Sec-WebSocket-Extensions"))
	require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
}
