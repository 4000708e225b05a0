package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
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

// The longest wait for a condition, and the time between two checks.
const (
	wait = 30 * time.Second
	tick = 5 * time.Millisecond
)

// life is the life of a token that ends during a test. A client can connect and send commands before, on a busy machine too.
const life = 4 * time.Second

// late bounds the delay after the deadline until the server notices that a client has vanished, on a busy machine too. The
// test needs real time, because it uses real sockets.
const late = 10 * time.Second

func TestASignalClosesAllConnectionsWith1012AndTheExitStatusIs0(t *testing.T) {
	t.Parallel()
	s := start(t)
	clients := []*client{dial(t, s, "/echo/raw"), dial(t, s, "/echo/raw")}
	done := make(chan error)
	go func() { done <- s.stop() }()
	for _, c := range clients {
		back := c.retryDelay()
		assert.GreaterOrEqual(t, back, 500)
		assert.Less(t, back, 500+10_000+1_000)
	}
	require.NoError(t, <-done)
	_, err := http.Get(s.url)
	require.Error(t, err, "the listener is still open")
}

// retryDelay requires that the connection is closed with code 1012, and returns the delay in the reason.
func (c *client) retryDelay() (ms int) {
	c.t.Helper()
	_, _, err := c.conn.Read(c.ctx)
	var end websocket.CloseError
	require.ErrorAs(c.t, err, &end)
	require.EqualValues(c.t, 1012, end.Code)
	_, err = fmt.Sscanf(end.Reason, "Restarting; retry in %d ms", &ms)
	require.NoError(c.t, err, end.Reason)
	return ms
}

func TestReconnectDelaysAreSpreadOverTheDrainWindow(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--drain-window=10h")
	a, b := dial(t, s, "/echo/raw"), dial(t, s, "/echo/raw")
	go s.stop() // the end of the test waits for it
	assert.Greater(t, max(a.retryDelay(), b.retryDelay()), 60_000, "both are small by chance once in 360,000 runs")
}

func TestRemainingMembersReceiveMessagesDuringTheDrain(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--drain-delay=1s", "--announce-limit=-1")
	a, b := dial(t, s, "/ws/chat/a?username=Alex"), dial(t, s, "/ws/chat/a?username=Bo")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	go s.stop() // the end of the test waits for it
	require.Eventually(t, func() bool { status, _ := get(t, s.admin+"/readyz"); return status == http.StatusServiceUnavailable }, wait, tick)
	a.sends("still here?")
	b.receives(`{"sender":"Alex","text":"still here?","room":"a","timestamp":T,"seq":1}`)
	a.receives(`{"sender":"Alex","text":"still here?","room":"a","timestamp":T,"seq":1}`)
	a.retryDelay()
	b.retryDelay()
}

func TestRateLimitsOfAClientAreConfigurable(t *testing.T) {
	t.Parallel()
	s := start(t, "--max-conns-per-ip=2", "--rate-bytes=1000B", "--max-message=500B")
	a := dial(t, s, "/echo/raw")
	dial(t, s, "/echo/raw")
	_, resp, err := websocket.Dial(a.ctx, s.url+"/echo/raw", nil)
	require.Error(t, err)
	assert.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	assert.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="address"}`))
	text := strings.Repeat("x", 400)
	for range 4 {
		a.sends(text)
	}
	for range 2 {
		a.receives(text)
	}
	a.isClosed(1008, "Rate limit")
	assert.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="too_fast"}`))
}

// The log still has the messages that the member did not read in time.
func TestAMemberThatResumesReadingWithinTheLagLosesNothing(t *testing.T) {
	alsoInACluster(t)
	s := start(t, "--slow-lag=64MiB", "--announce-limit=-1")
	const messages = moreThanSocketsHold / slowMessage
	slow := s.hasNotReadYet(t, messages)
	require.NotEqual(t, "0", s.metric(t, "plenum_behind_total"))
	for i := range messages {
		_, b, err := slow.conn.Read(slow.ctx)
		require.NoError(t, err)
		var m struct{ Seq int }
		require.NoError(t, json.Unmarshal(b, &m))
		require.Equal(t, i+1, m.Seq)
	}
}

func TestAVanishedPeerLeavesItsRoom(t *testing.T) {
	alsoInACluster(t)
	plainOnly(t, "the test takes long")
	t.Parallel()
	const period, timeout = time.Second, time.Second
	s := start(t, fmt.Sprint("--ping-period=", period), fmt.Sprint("--ping-timeout=", timeout))
	stays := dial(t, s, "/ws/chat/a?username=Alex")
	stays.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	mute := dialRaw(t, s, "/ws/chat/a?username=Mute") // neither reads nor responds
	defer mute.Close()
	stays.receives(`{"sender":"System","text":"Mute joined the room","room":"a","timestamp":T,"seq":2}`)
	began := time.Now()
	stays.receives(`{"sender":"System","text":"Mute left the room","room":"a","timestamp":T,"seq":3}`)
	assert.Less(t, time.Since(began), period+timeout+late)
	assert.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="ping_timeout"}`))
}

// dialRaw returns an upgraded connection without a reader.
func dialRaw(t *testing.T, s *testServer, path string) rawConn {
	t.Helper()
	conn := dialSocket(t, s)
	_, err := conn.Write([]byte("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + upgradeHeaders + "\r\n"))
	require.NoError(t, err)
	return conn
}

func TestATooSlowMemberIsClosedAndTheOthersReceiveEverything(t *testing.T) {
	alsoInACluster(t)
	s := start(t, "--slow-lag=64KiB", "--ping-period=0s", "--announce-limit=-1")
	healthy := dial(t, s, "/ws/chat/a?username=Alex")
	stalled := dialRaw(t, s, "/ws/chat/a?username=Stalled")
	defer stalled.Close()
	require.NoError(t, stalled.socket.SetReadBuffer(4096))
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	text := noise(60_000)
	for n := 1; s.metric(t, "plenum_evictions_total") == "0"; n++ {
		require.Less(t, n, 1000, "the stalled member was never closed")
		healthy.sends(text)
		_, b, err := healthy.conn.Read(healthy.ctx)
		require.NoError(t, err)
		require.True(t, bytes.HasSuffix(b, []byte(`,"seq":`+strconv.Itoa(n)+`}`)), "lost or out of order at %d", n)
	}
}

const (
	slowMessage = 60_000
	// moreThanSocketsHold is a number of bytes above the largest send buffer that the kernel gives to a socket, which is 4 MiB,
	// and the receive buffer of dialNarrow.
	moreThanSocketsHold = 100 * slowMessage
)

// hasNotReadYet returns a member of room a that has not read the given number of messages of slowMessage bytes. Another member
// has received all of them.
func (s *testServer) hasNotReadYet(t *testing.T, messages int) *client {
	t.Helper()
	healthy := dial(t, s, "/ws/chat/a?username=Alex")
	slow := dialNarrow(t, s, "/ws/chat/a?username=Slow")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	text := noise(slowMessage)
	for range messages {
		healthy.sends(text)
		_, _, err := healthy.conn.Read(healthy.ctx)
		require.NoError(t, err)
	}
	return slow
}

func TestATooSlowMemberSkipsMessagesWithThePolicySkip(t *testing.T) {
	alsoInACluster(t)
	s := start(t, "--slow-policy=skip", "--slow-lag=64KiB", "--announce-limit=-1")
	const messages = moreThanSocketsHold / slowMessage
	slow := s.hasNotReadYet(t, messages)
	next, gaps, missed := 1, 0, 0
	for next <= messages {
		_, b, err := slow.conn.Read(slow.ctx)
		require.NoError(t, err)
		var m struct {
			Type          string
			Seq, From, To int
			Room          string
		}
		require.NoError(t, json.Unmarshal(b, &m))
		if m.Type == "gap" {
			require.Equal(t, "a", m.Room)
			gaps, missed = gaps+1, missed+m.To-m.From+1
		} else {
			m.From, m.To = m.Seq, m.Seq
		}
		require.Equal(t, next, m.From, "lost, duplicated or out of order")
		next = m.To + 1
	}
	assert.Positive(t, gaps)
	require.Eventually(t, func() bool { return s.metric(t, "plenum_gaps_total") == strconv.Itoa(gaps) }, wait, tick)
	assert.Equal(t, strconv.Itoa(missed), s.metric(t, "plenum_gap_messages_total"))
	assert.Equal(t, "0", s.metric(t, "plenum_evictions_total"))
}

func TestTheAdminListenerServesHealthMetricsAndProfiles(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for path, want := range map[string]string{
		"/healthz": "ok\n", "/readyz": "ready\n", "/debug/check": "ok\n",
		"/metrics": "plenum_connections 0", "/debug/pprof/goroutine?debug=1": "goroutine profile:",
	} {
		status, body := get(t, s.admin+path)
		assert.Equal(t, http.StatusOK, status, path)
		assert.Contains(t, body, want, path)
	}
	status, _ := get(t, s.url+"/metrics")
	assert.Equal(t, http.StatusNotFound, status, "the public listener does not serve metrics")
}

func TestCountersAgreeWithTheTablesAfterManyConnections(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for range 20 {
		var all []*client
		for range 10 {
			all = append(all, dial(t, s, "/ws/chat/a"))
		}
		for _, c := range all {
			_ = c.conn.CloseNow()
		}
	}
	require.Eventually(t, func() bool { return s.metric(t, "plenum_connections") == "0" }, wait, tick)
	status, body := get(t, s.admin+"/debug/check")
	assert.Equal(t, http.StatusOK, status, body)
	assert.Equal(t, "0", s.metric(t, "plenum_rooms"))
	assert.Equal(t, "0", s.metric(t, "plenum_members"))
}

// Each kind of invalid input ends the connection with its own code, and is counted under its own reason. Other connections
// are not affected.
func TestInvalidInputIsAnsweredAndCountedAndAffectsNoOtherConnection(t *testing.T) {
	t.Parallel()
	s := start(t, "--max-message=1KiB", "--handshake-timeout=500ms")
	bystander := dial(t, s, "/ws/chat/a?username=Alex")
	bystander.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)

	reserved := masked(frame.Text, "x")
	reserved[0] |= 0x40
	for reason, tc := range map[string]struct {
		send []byte
		code int
	}{
		"unmasked":      {frame.Append(nil, frame.Text, []byte("x")), 1002},
		"reserved_bits": {reserved, 1002},
		"opcode":        {masked(3, "x"), 1002},
		"too_big":       {masked(frame.Text, strings.Repeat("x", 1025)), 1009},
		"utf8":          {masked(frame.Text, "\xc3\x28"), 1007},
		"close_frame":   {masked(frame.Close, "\x03\xed"), 1002},
	} {
		conn := dialRaw(t, s, "/echo/raw")
		_, err := conn.Write(tc.send)
		require.NoError(t, err)
		assert.Equal(t, tc.code, lastCloseCode(t, conn), reason)
		assert.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="`+reason+`"}`), reason)
	}

	assert.Contains(t, sendRaw(t, s, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 1<<20)+"\r\n\r\n"), " 431 ")
	half := sendRaw(t, s, "GET /ws/chat/a HTTP/1.1\r\nHost: x\r\nConn")
	assert.True(t, strings.Contains(half, " 408 ") || tlsRun.flags != nil && strings.Contains(half, " 400 "), "half a handshake: %q", half)
	require.Eventually(t, func() bool { return s.metric(t, `plenum_refused_total{reason="handshake_timeout"}`) == "1" }, wait, tick)
	require.Eventually(t, func() bool { return s.metric(t, `plenum_refused_total{reason="bad_request"}`) == "1" }, wait, tick)
	status, _ := get(t, s.url+"/nowhere")
	assert.Equal(t, http.StatusNotFound, status)

	bystander.sends("still here")
	bystander.receives(`{"sender":"Alex","text":"still here","room":"a","timestamp":T,"seq":2}`)
}

// masked returns a complete client frame.
func masked(op frame.Opcode, payload string) []byte {
	key := [4]byte{1, 2, 3, 4}
	b := frame.AppendMaskedHeader(nil, op, len(payload), key)
	head := len(b)
	b = append(b, payload...)
	frame.Mask(b[head:], key, 0)
	return b
}

// lastCloseCode reads to the end of the stream, and returns the code of the close frame before it.
func lastCloseCode(t *testing.T, conn net.Conn) int {
	t.Helper()
	defer conn.Close()
	all := readToEnd(t, conn)
	_, b, _ := bytes.Cut(all, []byte("\r\n\r\n"))
	for len(b) > 0 {
		h, n, err := frame.ParseHeader(b)
		require.NoError(t, err)
		payload := b[n : n+int(h.Length)]
		if h.Opcode == frame.Close {
			code, _, _ := frame.ParseClosePayload(payload)
			return code
		}
		b = b[n+int(h.Length):]
	}
	return 0
}

// sendRaw sends a request, which may be invalid or incomplete, and returns the response.
func sendRaw(t *testing.T, s *testServer, request string) string {
	t.Helper()
	conn := dialSocket(t, s)
	defer conn.Close()
	_, _ = conn.Write([]byte(request)) // the server may close before it has read everything
	return string(readToEnd(t, conn))
}

func readToEnd(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(wait)))
	var all bytes.Buffer
	_, err := all.ReadFrom(conn)
	var timeout net.Error
	if errors.As(err, &timeout) {
		require.False(t, timeout.Timeout(), "the server did not close")
	}
	return all.Bytes()
}

func TestInvalidSettingsEndTheProgramWithStatus2(t *testing.T) {
	env := func(string) (string, bool) { return "", false }
	for _, args := range [][]string{{"serve", "--listne=x"}, {"serve", "--max-message=3B"}, {"dance"}} {
		err := run(context.Background(), nil, args, env, &lockedBuffer{}, &lockedBuffer{})
		require.Error(t, err)
		assert.Equal(t, 2, exitStatus(err))
		assert.NotContains(t, err.Error(), "\n")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	err = run(context.Background(), nil, []string{"--listen", ln.Addr().String(), "--admin="}, env, &lockedBuffer{}, &lockedBuffer{})
	require.Error(t, err)
	assert.Equal(t, 1, exitStatus(err), "a port in use is not an invalid setting")
}

func TestVersionNamesGoNbioAndSonic(t *testing.T) {
	var out lockedBuffer
	require.NoError(t, run(context.Background(), nil, []string{"version"}, nil, &out, &out))
	assert.Regexp(t, `^plenum .*, go1\.\S+`, out.String())
}

func TestInvalidHandshakesAreLoggedAtDebug(t *testing.T) {
	t.Parallel()
	s := start(t, "--log-level=debug", "--handshake-timeout=100ms")
	r := handshakeTo(t, s.url+"/echo")
	r.Header.Set("Origin", "https://a.example\u0085level=ERROR")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	read(t, resp)
	assert.Contains(t, s.log.String(), `level=DEBUG msg="handshake refused" reason=origin from=127.0.0.1:`)
	sendRaw(t, s, "GET / HTTP/1.1\r\n")
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "reason=handshake_timeout") }, wait, tick)
	for line := range strings.Lines(s.log.String()) {
		assert.True(t, strings.HasPrefix(line, "time="), "a forged line: %q", line)
	}
}
