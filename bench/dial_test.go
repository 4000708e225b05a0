package bench

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
)

func TestDialSaysWhyItFailed(t *testing.T) {
	notFound := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(notFound.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	r := newRecorder(t, Config{Loops: 1})
	for url, want := range map[string]string{
		"wss://127.0.0.1:1/": "want ws://IPv4:port/path",
		"ws://localhost:1/":  "want ws://IPv4:port/path",
		"ws://[::1]:1/":      "want ws://IPv4:port/path",
		strings.Replace(notFound.URL, "http", "ws", 1): `server answered "HTTP/1.1 404 Not Found"`,
		"ws://" + closed.Addr().String() + "/":         "connection refused",
	} {
		_, err := r.Dial(testContext(t), url, 0)
		assert.ErrorContains(t, err, want, url)
	}
	assert.Zero(t, r.Stats().Open)
}

func TestDialStopsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	r := newRecorder(t, Config{Loops: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = r.DialAll(ctx, 3, 2, func(int) string { return "ws://" + silent.Addr().String() + "/" })
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestTheResponseIsChecked(t *testing.T) {
	const key = "dGhlIHNhbXBsZSBub25jZQ==" // the example of RFC 6455 section 1.3
	const good = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	for name, c := range map[string]struct{ head, want string }{
		"good":         {good, ""},
		"status":       {strings.Replace(good, "101", "200", 1), "server answered"},
		"wrong accept": {strings.Replace(good, "s3pP", "S3PP", 1), "lacks or falsifies 1"},
		"no upgrade":   {strings.Replace(good, "upgrade:", "x:", 1), "lacks or falsifies 1"},
		"extension":    {good + "\r\nSec-WebSocket-Extensions: permessage-deflate", "not offered"},
		"subprotocol":  {good + "\r\nSec-WebSocket-Protocol: chat", "not offered"},
	} {
		err := checkResponse(c.head, key)
		if c.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.want, name)
	}
}
