package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/auth"
)

// RFC 3986 section 2.2: an escaped byte, such as %2F, is data and not a separator.
func TestRoomsAndNamesMayContainAnyCharacterOfAURL(t *testing.T) {
	alsoInACluster(t)
	s := start(t)
	for _, text := range []string{"https://example.org/p", "x//y", "/", "//", "/a", "a/", "a/../b", "a/./b", "..a", "...", "%2F", "%", "a?b#c", `é/"<{|}>^\`, "members", "a;b=c,d", "+ &"} {
		escaped := url.PathEscape(text)
		room := s.url + "/api/rooms/" + escaped
		c := dial(t, s, "/ws/chat/"+escaped+"?username="+url.QueryEscape(text))
		c.receivesText(text + " joined the room")
		l := listenTo(t, s, "/sse/rooms/"+escaped+"?since=:0")
		assert.Contains(t, l.nextEvent(), "joined the room", text)

		status, body, _ := call(t, "POST", room+"/messages", `{"text":"hi"}`)
		require.Equal(t, http.StatusAccepted, status, "%q: %s", text, body)
		c.receivesText("hi")
		status, body, _ = call(t, "GET", room, "")
		require.Equal(t, http.StatusOK, status, "%q: %s", text, body)
		status, body, _ = call(t, "GET", room+"/messages", "")
		require.Equal(t, http.StatusOK, status, "%q: %s", text, body)
		status, body, _ = call(t, "GET", room+"/members", "")
		require.Equal(t, http.StatusOK, status, "%q: %s", text, body)
		status, body, _ = call(t, "DELETE", room+"/members/"+escaped, "")
		require.Equal(t, http.StatusOK, status, "%q: %s", text, body)
		assert.JSONEq(t, `{"closed":1}`, body)
		c.isClosed(1008, "Kicked")
	}
}

// Some clients do not escape all bytes that they should. The server must still distinguish / and %2F.
func TestAnEscapedSlashIsDataEvenBesideUnescapedBytes(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, sent := range []string{`é%2F%2F"`, `"%2F`, "%2Fé"} {
		text, err := url.PathUnescape(sent)
		require.NoError(t, err)
		answer := sendRaw(t, s, "POST /api/rooms/"+sent+"/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 13\r\n\r\n"+`{"text":"hi"}`)
		require.Contains(t, answer, " 202 ", sent)
		status, _, _ := call(t, "GET", s.url+"/api/rooms/"+url.PathEscape(text), "")
		assert.Equal(t, http.StatusOK, status, sent)
	}
}

// Clients remove . and .. from a path before they send it (RFC 3986 section 5.2.4), and browsers remove %2E too. So
// no client could address such a room.
func TestDotsAreRefusedAsRoomsAndNames(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for _, dots := range []string{".", "..", "%2E", "%2e%2e", ".%2e"} {
		dial(t, s, "/ws/chat/"+dots).isClosed(1008, "Bad room")
		dial(t, s, "/ws/chat/a?username="+dots).isClosed(1008, "Bad name")
		dial(t, s, "/ws?username="+dots).isClosed(1008, "Bad name")
		for _, request := range []string{
			"GET /sse/rooms/" + dots, "GET /api/rooms/" + dots, "GET /api/rooms/" + dots + "/members", "GET /api/rooms/" + dots + "/messages",
			"POST /api/rooms/" + dots + "/messages", "DELETE /api/rooms/" + dots + "/members/Alex",
		} {
			method, path, _ := strings.Cut(request, " ")
			status, body, _ := call(t, method, s.url+path, `{"text":"hi"}`)
			assert.Equal(t, http.StatusBadRequest, status, request)
			assert.Contains(t, body, `"detail":"Bad room"`, request)
		}
		status, body, _ := call(t, "DELETE", s.url+"/api/rooms/a/members/"+dots, "")
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, body, `"detail":"Bad name"`)
		status, _ = get(t, s.url+"/sse/rooms/a?username="+dots)
		assert.Equal(t, http.StatusBadRequest, status)
	}
	mux := dial(t, s, "/ws")
	for _, dots := range []string{".", ".."} {
		mux.asks(fmt.Sprintf(`{"type":"join","room":%q}`, dots), `{"type":"error","code":"bad_room","message":"room must be a string of 1 to 128 bytes without control characters, and neither . nor .."}`)
		status, body, _ := call(t, "POST", s.url+"/api/rooms/a/messages", fmt.Sprintf(`{"sender":%q,"text":"hi"}`, dots))
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, body, "Bad name")
	}
	signedIn := startSignedIn(t)
	token := tokenFor(t, func(id *auth.Identity) { id.Name = ".." })
	dial(t, signedIn, "/ws/chat/a?token="+token).isClosed(1008, "Bad name")
}

// Most WebSocket clients do not follow redirects, and other clients would turn a POST into a GET.
func TestNoPathIsRedirected(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{
		"//", "/.", "/./plenum.js", "/ws/", "/ws//chat", "/ws/../ws", "/ws/chat//", "/ws/chat//a", "/ws/chat/a/", "/ws/chat/a/..", "/ws/chat/../../ws",
		"/sse", "/sse/rooms", "/sse/rooms/", "/sse/rooms//a", "/api", "/api/", "/api//rooms", "/api/rooms/", "/api/rooms//messages", "/api/rooms/a/../b/members/",
		"/api/rooms/a/members/", "/%2E%2E/ws",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		require.NoError(t, err)
		resp, err := http.DefaultTransport.RoundTrip(r) // http.Client would follow a redirect
		require.NoError(t, err)
		_ = resp.Body.Close()
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
}

// receivesText requires that the next message has this text.
func (c *client) receivesText(text string) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	var m struct{ Text string }
	require.NoError(c.t, json.Unmarshal(b, &m))
	require.Equal(c.t, text, m.Text)
}

// nextEvent returns the next event without its position.
func (l *listener) nextEvent() (event string) {
	l.t.Helper()
	for !strings.HasSuffix(event, "\n\n") || !strings.Contains(event, "data:") {
		line, err := l.in.ReadString('\n')
		require.NoError(l.t, err, event)
		event += line
	}
	return event
}
