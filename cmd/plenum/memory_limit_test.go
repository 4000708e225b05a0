package main

import (
	"bytes"
	"net/http"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUpgradesAreRefusedBeyondTheMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	ballast := bytes.Repeat([]byte{1}, 32<<20)
	defer runtime.KeepAlive(ballast)
	s := start(t, "--memory-limit=32MiB")
	assert.Positive(t, debug.SetMemoryLimit(-1))
	assert.Less(t, debug.SetMemoryLimit(-1), int64(32<<20), "the garbage collector uses the limit, too")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_memory_short") == "1" }, wait, tick)
	resp, err := http.DefaultClient.Do(handshakeTo(t, s.url+"/echo"))
	require.NoError(t, err)
	read(t, resp)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="busy"}`))
	assert.Contains(t, s.log.String(), "memory: short, new connections get 503")
}

func handshakeTo(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		r.Header.Set(name, value)
	}
	return r
}
