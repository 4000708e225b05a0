package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// HAProxy's option httpchk sends such requests, without a Host.
func TestALoadBalancerMayCheckWithOPTIONS(t *testing.T) {
	t.Parallel()
	for _, s := range []*testServer{start(t), startSignedIn(t, "--no-demo-routes")} {
		for _, request := range []string{
			"OPTIONS / HTTP/1.0\r\n\r\n",
			"OPTIONS / HTTP/1.1\r\nHost: www\r\nConnection: close\r\n\r\n",
			"OPTIONS * HTTP/1.0\r\n\r\n",
			"OPTIONS * HTTP/1.1\r\nHost: www\r\nConnection: close\r\n\r\n",
		} {
			answer := sendRaw(t, s, request)
			assert.Regexp(t, `^HTTP/1\.[01] 204 No Content\r\n`, answer, request)
			assert.Contains(t, answer, "\r\nAllow: GET, HEAD, OPTIONS\r\n")
			assert.True(t, strings.HasSuffix(answer, "\r\n\r\n"), "no body: %q", answer)
		}
	}
}

func TestAnIdleConnectionIsClosedAfterTheIdleTimeout(t *testing.T) {
	t.Parallel()
	s := start(t, "--idle-timeout=200ms")
	answer := sendRaw(t, s, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") // reads until the server closes
	assert.Contains(t, answer, " 200 ")
	assert.NotContains(t, answer, "Connection: close")
}
