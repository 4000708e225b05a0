package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// from sends a request of a page with this origin to url. host is the Host header, which may differ from the URL's host.
func from(t *testing.T, origin, host, method, url string, header ...string) (status int, answered http.Header, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	if strings.Contains(url, "/ws") || strings.Contains(url, "/echo") {
		r = handshakeTo(t, url).WithContext(t.Context())
		r.Method = method
	}
	r.Host = host
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	if resp.StatusCode == http.StatusOK && strings.Contains(url, "/sse/") || resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close() // an event stream does not end
		return resp.StatusCode, resp.Header, ""
	}
	status, body = read(t, resp)
	return status, resp.Header, body
}

// RFC 6454 section 4, on each route that checks the origin.
func TestAMissingPortIsTheDefaultPortInOriginsAndHosts(t *testing.T) {
	t.Parallel()
	s := start(t, "--origins=https://a.example:443,https://b.example,https://C.Example,https://[0:0::1]:444")
	for _, tc := range []struct {
		origin, host string
		allowed      bool
	}{
		{"https://h", "h:443", true},
		{"https://h:443", "h", true},
		{"https://[::1]", "[0:0:0:0:0:0:0:1]:443", true},
		{"https://a.example", "h", true},
		{"https://a.example:443", "h", true},
		{"https://b.example:443", "h", true},
		{"https://c.example", "h", true},
		{"https://[::1]:444", "h", true},
		{"https://h", "h:80", false},
		{"https://h:80", "h", false},
		{"https://a.example:444", "h", false},
		{"http://b.example", "h", false},
		{"http://b.example:443", "h", false},
	} {
		ws, sse, preflight := http.StatusForbidden, http.StatusForbidden, http.StatusForbidden
		if tc.allowed {
			ws, sse, preflight = http.StatusSwitchingProtocols, http.StatusOK, http.StatusNoContent
		}
		for request, want := range map[string]int{"GET /ws": ws, "GET /ws/chat/a": ws, "GET /echo/raw": ws, "GET /sse/rooms/a": sse, "GET /sse/notifications": sse, "OPTIONS /sse/rooms/a": preflight} {
			method, path, _ := strings.Cut(request, " ")
			status, _, _ := from(t, tc.origin, tc.host, method, s.url+path)
			assert.Equal(t, want, status, "%s of %s to %s", request, tc.origin, tc.host)
		}
	}
	signedOut, _, body := from(t, "https://b.example:443", "localhost", "GET", s.url+"/api/rooms")
	assert.Equal(t, http.StatusOK, signedOut, body)
}

func TestRefusedOriginsAreInTheLogWithTheRemedy(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i, request := range []string{"GET /ws", "GET /ws/chat/a", "GET /echo/raw", "GET /sse/rooms/a", "GET /sse/notifications", "OPTIONS /sse/rooms/a", "GET /api/rooms", "OPTIONS /api/rooms"} {
		method, path, _ := strings.Cut(request, " ")
		origin := fmt.Sprintf("https://page%d.example", i)
		for range 2 {
			status, _, _ := from(t, origin, address(s.url), method, s.url+path)
			assert.Equal(t, http.StatusForbidden, status, request)
		}
		line := fmt.Sprintf(`level=WARN msg="origin refused: name it in --origins if its pages may connect" origin=%s host=%s`, origin, address(s.url))
		assert.Equal(t, 1, strings.Count(s.log.String(), line), "%s: once", request)
	}
	assert.Equal(t, "16", s.metric(t, `plenum_refused_total{reason="origin"}`))
	_, _, _ = from(t, "https://a\u202e\u0085\"level=ERROR\\n"+strings.Repeat("x", 10_000), address(s.url), "GET", s.url+"/ws")
	for line := range strings.Lines(s.log.String()) {
		assert.True(t, strings.HasPrefix(line, "time="), "a forged line: %q", line)
		assert.Less(t, len(line), 1000)
		assert.NotContains(t, line, "\u202e")
	}
}
