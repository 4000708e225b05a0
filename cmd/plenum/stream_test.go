package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listener is a client of server-sent events.
type listener struct {
	t    *testing.T
	resp *http.Response
	in   *bufio.Reader
}

func listenTo(t *testing.T, s *testServer, path string, header ...string) *listener {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &listener{t: t, resp: resp, in: bufio.NewReader(resp.Body)}
}

// hears expects one event, as a script.
func (l *listener) hears(want string) {
	l.t.Helper()
	event := ""
	for !strings.HasSuffix(event, "\n\n") {
		line, err := l.in.ReadString('\n')
		require.NoError(l.t, err, event)
		event += line
	}
	require.Equal(l.t, want, strings.TrimSuffix(script(event), "\n\n"))
}

func TestARoomIsHeardAsEvents(t *testing.T) {
	s := start(t)
	alex := dial(t, s, "/ws/chat/a?username=Alex")
	alex.hears(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	l := listenTo(t, s, "/sse/rooms/a")
	assert.Equal(t, "text/event-stream", l.resp.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", l.resp.Header.Get("Cache-Control"))
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "2" }, wait, tick)
	alex.says("line\nbreak")
	alex.hears(`{"sender":"Alex","text":"line\nbreak","room":"a","timestamp":T,"seq":2}`)
	epoch := s.epoch(t, "a")
	l.hears("id: " + epoch + ":2\nevent: message\ndata: " + `{"sender":"Alex","text":"line\nbreak","room":"a","timestamp":T,"seq":2}`)
	_ = l.resp.Body.Close()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	alex.says("who only listens is not announced")
	alex.hears(`{"sender":"Alex","text":"who only listens is not announced","room":"a","timestamp":T,"seq":3}`)

	back := listenTo(t, s, "/sse/rooms/a?since=other:7", "Last-Event-ID", epoch+":2")
	back.hears("id: " + epoch + ":3\nevent: message\ndata: " + `{"sender":"Alex","text":"who only listens is not announced","room":"a","timestamp":T,"seq":3}`)
	lost := listenTo(t, s, "/sse/rooms/a?since=other:7")
	lost.hears("event: gap\ndata: " + `{"type":"gap","room":"a","from":1,"to":0,"epoch":"E"}`)
	lost.hears("id: " + epoch + ":1\nevent: message\ndata: " + `{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
}

func TestAStreamSaysWhyItEndsAndWhenToComeBack(t *testing.T) {
	s := start(t, "--drain-window=0s")
	l := listenTo(t, s, "/sse/rooms/a")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	require.NoError(t, s.stop())
	retry, err := l.in.ReadString('\n')
	require.NoError(t, err)
	assert.Regexp(t, `^retry: \d+\n$`, retry)
	var ms int
	_, err = fmt.Sscanf(retry, "retry: %d", &ms)
	require.NoError(t, err)
	l.hears(fmt.Sprintf("event: close\ndata: "+`{"code":1012,"reason":"Restarting; retry in %d ms"}`, ms))
	_, err = l.in.ReadByte()
	assert.Error(t, err)
}

func TestNotificationsAreARoomWithAPing(t *testing.T) {
	s := start(t)
	l := listenTo(t, s, "/sse/notifications")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	resp, err := http.Post(s.url+"/api/rooms/notifications/messages", "application/json", strings.NewReader(`{"sender":"Alex","text":"hi"}`))
	require.NoError(t, err)
	_, _ = read(t, resp)
	line, err := l.in.ReadString('\n')
	require.NoError(t, err)
	assert.Regexp(t, `^id: \w+:1\n$`, line)
	l.hears("event: message\ndata: " + `{"sender":"Alex","text":"hi","room":"notifications","timestamp":T,"seq":1}`)
	l.hears(`data: {"type":"ping"}`)
	assert.Equal(t, []time.Duration{5 * time.Second, 15 * time.Second}, []time.Duration{notices.Period, events.Period})
}

func TestStreamsAtFaultAreRefusedAsHTTP(t *testing.T) {
	s := start(t, "--origins=http://app.example")
	for path, status := range map[string]int{
		"/sse/rooms/" + strings.Repeat("r", 129): http.StatusBadRequest,
		"/sse/rooms/a?since=42":                  http.StatusBadRequest,
		"/sse/rooms/":                            http.StatusNotFound,
	} {
		got, _ := get(t, s.url+path)
		assert.Equal(t, status, got, path)
	}
	assert.Equal(t, http.StatusForbidden, listenTo(t, s, "/sse/rooms/a", "Origin", "http://evil.example").resp.StatusCode)
	allowed := listenTo(t, s, "/sse/rooms/a", "Origin", "http://app.example")
	assert.Equal(t, "http://app.example", allowed.resp.Header.Get("Access-Control-Allow-Origin"))
	resp, err := http.Head(s.url + "/sse/rooms/a")
	require.NoError(t, err)
	assert.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
}

// What a slow listener misses of a write is written later, whole and once.
func TestASlowListenerMissesNothing(t *testing.T) {
	s := start(t, "--slow-lag=64MiB", "--announce-limit=-1")
	l := listenTo(t, s, "/sse/rooms/a")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	alex := dial(t, s, "/ws/chat/a?username=Alex")
	text := strings.Repeat("x", 60_000)
	const messages = 300
	for range messages {
		alex.says(text)
		_, _, err := alex.conn.Read(alex.ctx)
		require.NoError(t, err)
	}
	require.NotEqual(t, "0", s.metric(t, "plenum_behind_total"))
	for i := range messages {
		id, err := l.in.ReadString('\n')
		require.NoError(t, err)
		require.Regexp(t, fmt.Sprintf(`^id: \w+:%d\n$`, i+1), id)
		l.hears("event: message\ndata: " + fmt.Sprintf(`{"sender":"Alex","text":"%s","room":"a","timestamp":T,"seq":%d}`, text, i+1))
	}
}
