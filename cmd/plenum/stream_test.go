package main

import (
	"bufio"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listener is a client of an event stream.
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

// heartbeats of event streams
const (
	streamPing    = `data: {"type":"ping"}`
	streamComment = ":"
)

// receives requires that the next event is want, which is written like a result of script. It skips heartbeats.
func (l *listener) receives(want string) {
	l.t.Helper()
	heard := l.next()
	for heard != want && (heard == streamPing || heard == streamComment) {
		heard = l.next()
	}
	require.Equal(l.t, want, heard)
}

// next reads one event.
func (l *listener) next() string {
	l.t.Helper()
	event := ""
	for !strings.HasSuffix(event, "\n\n") {
		line, err := l.in.ReadString('\n')
		require.NoError(l.t, err, event)
		event += line
	}
	return strings.TrimSuffix(script(event), "\n\n")
}

// receivesPosition reads the position with which a stream begins, and returns it.
func (l *listener) receivesPosition() (position string) {
	l.t.Helper()
	line, err := l.in.ReadString('\n')
	require.NoError(l.t, err)
	require.Regexp(l.t, `^id: \w+:\d+\n$`, line)
	empty, err := l.in.ReadString('\n')
	require.NoError(l.t, err)
	require.Equal(l.t, "\n", empty)
	return strings.TrimSuffix(strings.TrimPrefix(line, "id: "), "\n")
}

// post publishes a text in a room with the API.
func (s *testServer) post(t *testing.T, room, text string) {
	t.Helper()
	status, body, _ := call(t, "POST", s.url+"/api/rooms/"+room+"/messages", fmt.Sprintf(`{"sender":"Alex","text":%q}`, text))
	require.Equal(t, http.StatusAccepted, status, body)
}

// event returns a message of Alex as an event.
func event(epoch, room, text string, seq int) string {
	return fmt.Sprintf("id: %s:%d\nevent: message\ndata: "+`{"sender":"Alex","text":"%s","room":"%s","timestamp":T,"seq":%d}`, epoch, seq, text, room, seq)
}

func TestAStreamBeginsWithItsPosition(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1", "--history-messages=3")
	for room, path := range map[string]string{"q": "/sse/rooms/q", "notifications": "/sse/notifications"} {
		quiet := listenTo(t, s, path)
		position := quiet.receivesPosition()
		epoch := s.epoch(t, room)
		require.Equal(t, epoch+":0", position)
		s.post(t, room, "1") // so that the room stays open
		quiet.receives(event(epoch, room, "1", 1))
		_ = quiet.resp.Body.Close()
		for _, text := range []string{"2", "3", "4"} {
			s.post(t, room, text)
		}
		for header, lines := range map[string][]string{
			epoch + ":1": {"id: " + epoch + ":1", event(epoch, room, "2", 2), event(epoch, room, "3", 3), event(epoch, room, "4", 4)},
			epoch + ":3": {"id: " + epoch + ":3", event(epoch, room, "4", 4)},
			epoch + ":4": {"id: " + epoch + ":4"},
			position:     {"id: " + epoch + ":1\nevent: gap\ndata: " + `{"type":"gap","room":"` + room + `","from":1,"to":1,"epoch":"E"}`, event(epoch, room, "2", 2)},
			"another:9":  {"id: " + epoch + ":1\nevent: gap\ndata: " + `{"type":"gap","room":"` + room + `","from":1,"to":1,"epoch":"E"}`, event(epoch, room, "2", 2)},
			"":           {"id: " + epoch + ":4"},
		} {
			back := listenTo(t, s, path, "Last-Event-ID", header)
			for _, want := range lines {
				back.receives(want)
			}
			_ = back.resp.Body.Close()
		}
	}
}

// A client that has received only the position misses no message while it is disconnected.
func TestAStreamOfAQuietRoomIsResumed(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	alex := dial(t, s, "/ws/chat/q?username=Alex&since=:0") // so that the room stays open
	alex.receives(`{"type":"joined","room":"q","epoch":"E","seq":0,"recovered":false}`)
	quiet := listenTo(t, s, "/sse/rooms/q")
	position := quiet.receivesPosition()
	_ = quiet.resp.Body.Close()
	epoch := s.epoch(t, "q")
	for i := range 3 {
		s.post(t, "q", fmt.Sprint(i+1))
	}
	back := listenTo(t, s, "/sse/rooms/q", "Last-Event-ID", position)
	require.Equal(t, position, back.receivesPosition())
	for i := range 3 {
		back.receives(event(epoch, "q", fmt.Sprint(i+1), i+1))
	}
}

// If all members leave a quiet room, the room is closed. Its next message starts a new epoch, which a gap reports. In a cluster
// the epoch continues.
func TestAStreamOfAQuietRoomThatWasClosedIsResumed(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	quiet := listenTo(t, s, "/sse/rooms/q")
	position := quiet.receivesPosition()
	_ = quiet.resp.Body.Close()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "0" }, wait, tick)
	for i := range 3 {
		s.post(t, "q", fmt.Sprint(i+1))
	}
	epoch := s.epoch(t, "q")
	back := listenTo(t, s, "/sse/rooms/q", "Last-Event-ID", position)
	if position == epoch+":0" {
		require.Equal(t, position, back.receivesPosition())
	} else {
		back.receives("id: " + epoch + ":0\nevent: gap\ndata: " + `{"type":"gap","room":"q","from":1,"to":0,"epoch":"E"}`)
	}
	for i := range 3 {
		back.receives(event(epoch, "q", fmt.Sprint(i+1), i+1))
	}
}

func TestTheLastEventIDInTheQueryIsAPosition(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--announce-limit=-1")
	for i := range 3 {
		s.post(t, "notifications", fmt.Sprint(i+1))
	}
	epoch := s.epoch(t, "notifications")
	for _, path := range []string{"/sse/rooms/notifications", "/sse/notifications"} {
		for _, tc := range []struct{ query, header, begins string }{
			{"lastEventId=" + epoch + ":1", "", epoch + ":1"},
			{"lastEventId=" + epoch + ":1&since=" + epoch + ":2", "", epoch + ":1"},
			{"since=" + epoch + ":2&lastEventId=", "", epoch + ":2"},
			{"lastEventId=" + epoch + ":1&since=" + epoch + ":2", epoch + ":0", epoch + ":0"},
			{"lastEventId=1&since=2", epoch + ":0", epoch + ":0"},
		} {
			l := listenTo(t, s, path+"?"+tc.query, "Last-Event-ID", tc.header)
			require.Equal(t, tc.begins, l.receivesPosition(), tc)
			_ = l.resp.Body.Close()
		}
		status, body := get(t, s.url+path+"?lastEventId=1")
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, body, "Bad since")
	}
}

// After a gap, the end of the gap is the listener's position, even if no message follows.
func TestASlowListenerResumesAfterItsGap(t *testing.T) {
	alsoInACluster(t)
	s := start(t, "--slow-policy=skip", "--slow-lag=64KiB", "--announce-limit=-1")
	l := listenTo(t, s, "/sse/rooms/a")
	l.receivesPosition()
	alex := dial(t, s, "/ws/chat/a?username=Alex")
	text := strings.Repeat("x", 60_000)
	said := 0
	for s.metric(t, "plenum_behind_total") == "0" || said%50 != 0 {
		alex.sends(text)
		_, _, err := alex.conn.Read(alex.ctx)
		require.NoError(t, err)
		said++
	}
	for range 10 { // beyond --slow-lag
		alex.sends(text)
		_, _, err := alex.conn.Read(alex.ctx)
		require.NoError(t, err)
		said++
	}
	position, gaps := "", 0
	for position != fmt.Sprintf("%s:%d", s.epoch(t, "a"), said) {
		id, err := l.in.ReadString('\n')
		require.NoError(t, err)
		require.Regexp(t, `^id: \w+:\d+\n$`, id)
		position = strings.TrimSpace(strings.TrimPrefix(id, "id: "))
		name, err := l.in.ReadString('\n')
		require.NoError(t, err)
		data, err := l.in.ReadString('\n')
		require.NoError(t, err)
		_, _ = l.in.ReadString('\n')
		if name != "event: gap\n" {
			continue
		}
		gaps++
		to := regexp.MustCompile(`"to":(\d+),`).FindStringSubmatch(data)
		require.NotNil(t, to, data)
		require.Equal(t, s.epoch(t, "a")+":"+to[1], position)
	}
	require.Positive(t, gaps)
}

func TestARoomIsStreamedAsEvents(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	alex := dial(t, s, "/ws/chat/a?username=Alex")
	alex.receives(`{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
	l := listenTo(t, s, "/sse/rooms/a")
	assert.Equal(t, "text/event-stream", l.resp.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", l.resp.Header.Get("Cache-Control"))
	require.Equal(t, s.epoch(t, "a")+":1", l.receivesPosition())
	alex.sends("line\nbreak")
	alex.receives(`{"sender":"Alex","text":"line\nbreak","room":"a","timestamp":T,"seq":2}`)
	epoch := s.epoch(t, "a")
	l.receives("id: " + epoch + ":2\nevent: message\ndata: " + `{"sender":"Alex","text":"line\nbreak","room":"a","timestamp":T,"seq":2}`)
	_ = l.resp.Body.Close()
	require.Eventually(t, func() bool { return s.metric(t, "plenum_members") == "1" }, wait, tick)
	alex.sends("who only listens is not announced")
	alex.receives(`{"sender":"Alex","text":"who only listens is not announced","room":"a","timestamp":T,"seq":3}`)

	back := listenTo(t, s, "/sse/rooms/a?since=other:7", "Last-Event-ID", epoch+":2")
	require.Equal(t, epoch+":2", back.receivesPosition())
	back.receives("id: " + epoch + ":3\nevent: message\ndata: " + `{"sender":"Alex","text":"who only listens is not announced","room":"a","timestamp":T,"seq":3}`)
	lost := listenTo(t, s, "/sse/rooms/a?since=other:7")
	lost.receives("id: " + epoch + ":0\nevent: gap\ndata: " + `{"type":"gap","room":"a","from":1,"to":0,"epoch":"E"}`)
	lost.receives("id: " + epoch + ":1\nevent: message\ndata: " + `{"sender":"System","text":"Alex joined the room","room":"a","timestamp":T,"seq":1}`)
}

func TestAStreamsLastEventHasTheReasonAndTheReconnectDelay(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t, "--drain-window=0s")
	l := listenTo(t, s, "/sse/rooms/a")
	l.receivesPosition()
	require.NoError(t, s.stop())
	retry, err := l.in.ReadString('\n')
	require.NoError(t, err)
	assert.Regexp(t, `^retry: \d+\n$`, retry)
	var ms int
	_, err = fmt.Sscanf(retry, "retry: %d", &ms)
	require.NoError(t, err)
	l.receives(fmt.Sprintf("event: close\ndata: "+`{"code":1012,"reason":"Restarting; retry in %d ms"}`, ms))
	_, err = l.in.ReadByte()
	assert.Error(t, err)
}

func TestNotificationsAreARoomWithAPing(t *testing.T) {
	alsoInACluster(t)
	plainOnly(t, "the test takes long")
	t.Parallel()
	s := start(t)
	l := listenTo(t, s, "/sse/notifications")
	l.receivesPosition()
	resp, err := http.Post(s.url+"/api/rooms/notifications/messages", "application/json", strings.NewReader(`{"sender":"Alex","text":"hi"}`))
	require.NoError(t, err)
	_, _ = read(t, resp)
	line, err := l.in.ReadString('\n')
	require.NoError(t, err)
	assert.Regexp(t, `^id: \w+:1\n$`, line)
	l.receives("event: message\ndata: " + `{"sender":"Alex","text":"hi","room":"notifications","timestamp":T,"seq":1}`)
	l.receives(streamPing)
}

func TestInvalidStreamRequestsAreRefusedWithAnHTTPStatus(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
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

// Bytes that do not fit into the socket of a slow listener are written later, completely and once.
func TestASlowListenerMissesNoEvent(t *testing.T) {
	alsoInACluster(t)
	s := start(t, "--slow-lag=64MiB", "--announce-limit=-1")
	l := listenTo(t, s, "/sse/rooms/a")
	epoch, _, _ := strings.Cut(l.receivesPosition(), ":")
	alex := dial(t, s, "/ws/chat/a?username=Alex")
	text := strings.Repeat("x", 60_000)
	const messages = 300
	for range messages {
		alex.sends(text)
		_, _, err := alex.conn.Read(alex.ctx)
		require.NoError(t, err)
	}
	require.NotEqual(t, "0", s.metric(t, "plenum_behind_total"))
	for i := range messages {
		l.receives(event(epoch, "a", text, i+1))
	}
}
