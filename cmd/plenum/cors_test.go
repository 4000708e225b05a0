package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// preflightOf returns the headers of the preflight request that precedes a fetch with headers.
func preflightOf(headers string) []string {
	return []string{"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", headers}
}

// Fetch standard, section 4.8. A preflight request has no token.
func TestAPageOfAnAllowedOriginMayRequestEventsWithHeaders(t *testing.T) {
	t.Parallel()
	for _, s := range []*testServer{start(t, "--origins=https://app.example"), startSignedIn(t, "--origins=https://app.example")} {
		for _, path := range []string{"/sse/rooms/r", "/sse/rooms/a%2Fb", "/sse/notifications"} {
			status, header, body := from(t, "https://app.example", address(s.url), "OPTIONS", s.url+path, preflightOf("authorization,last-event-id")...)
			assert.Equal(t, http.StatusNoContent, status, path)
			assert.Empty(t, body)
			assert.Equal(t, "https://app.example", header.Get("Access-Control-Allow-Origin"))
			assert.Equal(t, "GET, HEAD", header.Get("Access-Control-Allow-Methods"))
			allowed := strings.Split(strings.ToLower(header.Get("Access-Control-Allow-Headers")), ", ")
			assert.Subset(t, allowed, []string{"authorization", "last-event-id", "cache-control"})
			assert.NotContains(t, allowed, "*", "* does not include Authorization")
			assert.Equal(t, "7200", header.Get("Access-Control-Max-Age"))
			assert.Equal(t, []string{"Origin", "Access-Control-Request-Method, Access-Control-Request-Headers"}, header["Vary"])
			assert.Empty(t, header.Get("Access-Control-Allow-Credentials"), "credentials are not allowed")

			status, header, body = from(t, "https://evil.example", address(s.url), "OPTIONS", s.url+path, preflightOf("authorization")...)
			assert.Equal(t, http.StatusForbidden, status, path)
			assert.Contains(t, body, "origin not allowed")
			assert.Empty(t, header.Get("Access-Control-Allow-Origin"))
			assert.Equal(t, "Origin", header.Get("Vary"))
		}
	}
}

func TestAPageOfAnAllowedOriginCanReadEventsAndErrors(t *testing.T) {
	t.Parallel()
	s := startSignedIn(t, "--origins=https://app.example")
	read := func(path string, header ...string) (int, http.Header) {
		status, answered, _ := from(t, "https://app.example", address(s.url), "GET", s.url+path, header...)
		assert.Equal(t, "https://app.example", answered.Get("Access-Control-Allow-Origin"), path)
		assert.Equal(t, "Retry-After, WWW-Authenticate", answered.Get("Access-Control-Expose-Headers"), path)
		assert.Equal(t, "Origin", answered.Get("Vary"), path)
		return status, answered
	}
	status, _ := read("/sse/rooms/r")
	assert.Equal(t, http.StatusUnauthorized, status)
	status, header := read("/sse/rooms/r", "Authorization", "Bearer "+tokenFor(t, nil), "Last-Event-ID", "x:1")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "text/event-stream", header.Get("Content-Type"))
	status, _ = read("/sse/rooms/r?since=1", "Authorization", "Bearer "+tokenFor(t, nil))
	assert.Equal(t, http.StatusBadRequest, status)

	_, header, _ = from(t, "", address(s.url), "GET", s.url+"/sse/rooms/r")
	assert.Equal(t, "Origin", header.Get("Vary"), "a cache must not mix up the responses")
	status, header, _ = from(t, "", address(s.url), "OPTIONS", s.url+"/sse/rooms/r")
	assert.Equal(t, http.StatusNoContent, status)
	assert.Equal(t, "GET, HEAD, OPTIONS", header.Get("Allow"))
	status, header, _ = from(t, "", address(s.url), "POST", s.url+"/sse/rooms/r")
	assert.Equal(t, http.StatusMethodNotAllowed, status)
	assert.Equal(t, "GET, HEAD, OPTIONS", header.Get("Allow"))
}

func TestPagesOfOtherOriginsCannotReadTheAPI(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--origins=https://app.example")
	for _, method := range []string{"OPTIONS", "GET", "POST", "DELETE"} {
		for _, path := range []string{"/api/rooms", "/api/rooms/a/messages", "/api/rooms/a/members/b", "/api/nothing"} {
			for _, origin := range []string{"https://app.example", "https://evil.example"} {
				status, header, _ := from(t, origin, address(s.url), method, s.url+path, preflightOf("content-type")...)
				assert.False(t, method == "OPTIONS" && status < 400, "%s %s", origin, path)
				for name := range header {
					assert.False(t, strings.HasPrefix(name, "Access-Control"), "%s %s: %s", method, path, name)
				}
			}
		}
	}
}
