package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publicRequests has one request for each route of the public listener.
var publicRequests = []string{
	"GET /", "GET /plenum.js", "OPTIONS /", "GET /nothing", "GET /ws", "GET /ws/chat/a", "GET /ws/chat", "GET /echo/raw", "GET /chat",
	"GET /sse/rooms/a", "GET /sse/notifications", "OPTIONS /sse/rooms/a", "GET /api/rooms", "GET /api/openapi.json",
}

func scheme() string {
	if tlsRun.flags != nil {
		return "https"
	}
	return "http"
}

// evil.example resolves to 127.0.0.1, so its page has the same origin as the server (DNS rebinding).
func TestALoopbackListenerRefusesAForeignHostOnItsOwnPort(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--hosts=chat.test")
	_, port, err := net.SplitHostPort(address(s.url))
	require.NoError(t, err)
	for _, host := range []string{"evil.example", "0.0.0.0", "10.0.0.1", "localhost.evil.example", "chat.test.evil.example", "xchat.test"} {
		host += ":" + port
		for _, request := range publicRequests {
			method, path, _ := strings.Cut(request, " ")
			for _, forwarded := range []string{"", "127.0.0.1"} { // a page can set this header
				header := []string{"X-Forwarded-For", forwarded}
				if forwarded == "" {
					header = nil
				}
				status, _, body := from(t, scheme()+"://"+host, host, method, s.url+path, header...)
				assert.Equal(t, http.StatusForbidden, status, "%s of %s", request, host)
				assert.Contains(t, body, "--hosts", request)
			}
		}
	}
	assert.Equal(t, fmt.Sprint(6*2*len(publicRequests)), s.metric(t, `plenum_refused_total{reason="host"}`))
	assert.Equal(t, 1, strings.Count(s.log.String(), `level=WARN msg="host refused on a loopback listener: name it in --hosts if it means this machine" host=evil.example:`+port))

	for _, host := range []string{"localhost", "LOCALHOST", "localhost.", "chat.localhost", "127.0.0.1", "127.0.0.2", "[::1]", "[0:0::1]", "chat.test", "Chat.TEST."} {
		host += ":" + port
		status, _, _ := from(t, scheme()+"://"+host, host, "GET", s.url+"/ws")
		assert.Equal(t, http.StatusSwitchingProtocols, status, host)
		status, _, _ = from(t, "", host, "GET", s.url+"/")
		assert.Equal(t, http.StatusOK, status, host)
	}
	assert.Contains(t, sendRaw(t, s, "GET / HTTP/1.0\r\n\r\n"), " 200 ", "a health check without a Host")
}

func TestAListenerOnANonLoopbackAddressAllowsAnyHost(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, "--listen=0.0.0.0:0")
	host := "plenum.example:" + s.url[strings.LastIndex(s.url, ":")+1:]
	status, _, _ := from(t, scheme()+"://"+host, host, "GET", strings.Replace(s.url, "localhost", "127.0.0.1", 1)+"/ws")
	assert.Equal(t, http.StatusSwitchingProtocols, status)
}

func TestSIGHUPReloadsTheHosts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	s := start(t, "--config="+file)
	host := "chat.test:" + s.url[strings.LastIndex(s.url, ":")+1:]
	status, _, _ := from(t, "", host, "GET", s.url+"/")
	assert.Equal(t, http.StatusForbidden, status)
	require.NoError(t, os.WriteFile(file, []byte("hosts: [chat.test]\n"), 0o600))
	s.hup <- syscall.SIGHUP
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "changed=[hosts]") }, wait, tick)
	status, _, _ = from(t, "", host, "GET", s.url+"/")
	assert.Equal(t, http.StatusOK, status)
}

// The samples forward the browser's Host. It has the port of the proxy, or no port if that is the default port.
func TestTheSampleProxiesCanUseALoopbackListener(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	// The headers with which each of them forwards a request to plenum.
	passed := map[string]func(host string) []string{
		"nginx.conf": func(host string) []string { // proxy_set_header
			require.Equal(t, "$http_host", line(t, "nginx.conf", "proxy_set_header Host"))
			return []string{host, "X-Forwarded-For", "198.51.100.7"}
		},
		"haproxy.cfg": func(host string) []string { // the Host is unchanged; option forwardfor
			require.NotRegexp(t, `(?mi)^\s*http-request (set|replace)-header host`, sample(t, "haproxy.cfg"))
			return []string{host, "X-Forwarded-For", "198.51.100.7"}
		},
		"Caddyfile": func(host string) []string { // the Host is unchanged
			require.NotRegexp(t, `(?mi)^\s*header_up`, sample(t, "Caddyfile"))
			return []string{host, "X-Forwarded-For", "198.51.100.7", "X-Forwarded-Host", host, "X-Forwarded-Proto", "https"}
		},
	}
	for name, pass := range passed {
		site := regexp.MustCompile(`chat\.example\.org`).FindString(sample(t, name))
		require.NotEmpty(t, site, name)
		for _, host := range []string{site, site + ":443", site + ":8443"} {
			for request, want := range map[string]int{"GET /": 200, "GET /plenum.js": 200, "GET /ws": 101, "GET /ws/chat/a": 101, "GET /sse/rooms/a": 200, "GET /api/rooms": 403} {
				method, path, _ := strings.Cut(request, " ")
				sent := pass(host)
				status, _, body := from(t, "https://"+host, sent[0], method, s.url+path, sent[1:]...)
				assert.Equal(t, want, status, "%s: %s of %s: %s", name, request, host, body)
			}
		}
	}
	assert.NotContains(t, s.log.String(), "refused on a loopback listener")
}

// RFC 9110 section 4.2.3, RFC 6761 section 6.3.
func TestTheAPIAndTheAdminListenerAllowLocalhostInEveryForm(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for _, host := range []string{"localhost", "LOCALHOST", "LocalHost:1", "localhost.", "localhost.:80", "127.0.0.1", "[::1]", "[0:0::1]:1"} {
		for _, url := range []string{s.url + "/api/rooms", s.admin + "/metrics", s.admin + "/"} {
			status, _, body := from(t, "", host, "GET", url)
			assert.Equal(t, http.StatusOK, status, "%s by %s: %s", url, host, body)
		}
	}
}

func TestTheAPIAndTheAdminListenerReportWhichConditionFailed(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t)
	for _, tc := range []struct {
		url, host, header, want string
	}{
		{s.url + "/api/rooms", "build-7", "", `this request was sent to the Host \"build-7\": use localhost or a loopback address`},
		{s.url + "/api/rooms", "192.0.2.1:1", "", `this request was sent to the Host \"192.0.2.1:1\"`},
		{s.url + "/api/rooms", "localhost", "X-Forwarded-For", "this request came through a proxy, because it has the header X-Forwarded-For"},
		{s.url + "/api/rooms", "localhost", "Forwarded", "this request came through a proxy, because it has the header Forwarded"},
		{s.admin + "/metrics", "build-7", "", `this request was sent to the Host "build-7"`},
	} {
		var header []string
		if tc.header != "" {
			header = []string{tc.header, "for=192.0.2.1"}
		}
		status, _, body := from(t, "", tc.host, "GET", tc.url, header...)
		assert.Equal(t, http.StatusForbidden, status)
		assert.Contains(t, body, tc.want)
	}
}
