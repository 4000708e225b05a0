package wsclient

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

func TestDialSaysWhyItFailed(t *testing.T) {
	notFound := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(notFound.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	r := newRecorder(t, Config{Loops: 1})
	for url, want := range map[string]string{
		"http://127.0.0.1:1/":                          "the URL must be ws://IPv4:port/path or wss://IPv4:port/path",
		"ws://localhost:1/":                            "the URL must be ws://IPv4:port/path or wss://IPv4:port/path",
		"wss://[::1]:1/":                               "the URL must be ws://IPv4:port/path or wss://IPv4:port/path",
		strings.Replace(notFound.URL, "http", "ws", 1): `server answered "HTTP/1.1 404 Not Found"`,
		"ws://" + closed.Addr().String() + "/":         "connection refused",
	} {
		_, err := r.Dial(fakeserver.Context(t), url, 0)
		assert.ErrorContains(t, err, want, url)
	}
	assert.Zero(t, r.Stats().Open)
}

func TestDialStopsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	r := newRecorder(t, Config{Loops: 1})
	for _, scheme := range []string{"ws://", "wss://"} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = r.DialAll(ctx, 3, 2, func(int) string { return scheme + silent.Addr().String() + "/" })
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	}
}
