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
	"plenum/codec/deflate"
)

func TestDialSaysWhyItFailed(t *testing.T) {
	notFound := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(notFound.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	r := newRecorder(t, Config{Loops: 1})
	for url, want := range map[string]string{
		"http://127.0.0.1:1/":                          "want ws:// or wss://IPv4:port/path",
		"ws://localhost:1/":                            "want ws:// or wss://IPv4:port/path",
		"wss://[::1]:1/":                               "want ws:// or wss://IPv4:port/path",
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
	for _, scheme := range []string{"ws://", "wss://"} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = r.DialAll(ctx, 3, 2, func(int) string { return scheme + silent.Addr().String() + "/" })
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	}
}

func TestTheResponseIsChecked(t *testing.T) {
	const key = "dGhlIHNhbXBsZSBub25jZQ==" // the example of RFC 6455 section 1.3
	const good = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	const refused = "server did not accept permessage-deflate"
	accepted := good + "\r\nsec-websocket-extensions: " + deflate.Offer
	for name, c := range map[string]struct{ head, want string }{
		"accepted":        {accepted, ""},
		"not accepted":    {good, refused},
		"context is kept": {good + "\r\nSec-WebSocket-Extensions: permessage-deflate", "is not to the offer"},
		"accepted twice":  {accepted + "\r\nSec-WebSocket-Extensions: " + deflate.Offer, "is not to the offer"},
	} {
		err := checkResponse(c.head, key, true)
		if c.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.want, name)
	}
	for name, c := range map[string]struct{ head, want string }{
		"good":         {good, ""},
		"status":       {strings.Replace(good, "101", "200", 1), "server answered"},
		"wrong accept": {strings.Replace(good, "s3pP", "S3PP", 1), "lacks or falsifies 1"},
		"no upgrade":   {strings.Replace(good, "upgrade:", "x:", 1), "lacks or falsifies 1"},
		"extension":    {good + "\r\nSec-WebSocket-Extensions: permessage-deflate", "not offered"},
		"subprotocol":  {good + "\r\nSec-WebSocket-Protocol: chat", "not offered"},
	} {
		err := checkResponse(c.head, key, false)
		if c.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.want, name)
	}
}
