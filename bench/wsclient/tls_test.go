package wsclient

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
	"plenum/codec/frame"
)

// A frame after the response may be in the same record. crypto/tls then has it, and epoll
// reports no event.
func TestAMessageSentWithTheResponseIsDelivered(t *testing.T) {
	fakeserver.OverEachWire(t, func(t *testing.T, w fakeserver.Wire) {
		hello := frame.Append(nil, frame.Text, []byte("hello"))
		url := w.Script(t, string(hello), func(_ net.Conn, from *bufio.Reader) {
			_, _ = from.ReadByte() // keeps the connection open
		})
		r := newRecorder(t, Config{Loops: 1})
		_, err := r.Dial(fakeserver.Context(t), url, 0)
		require.NoError(t, err)
		assert.Equal(t, "hello", fakeserver.Next(t, r.messages).payload)
	})
}

func TestAForgedRecordEndsTheConnectionWithAnAlert(t *testing.T) {
	readErr := make(chan error, 1)
	url := fakeserver.Wire(tls.VersionTLS13).Script(t, "", func(conn net.Conn, _ *bufio.Reader) {
		_, _ = conn.(*tls.Conn).NetConn().Write(append([]byte{23, 3, 3, 0, 32}, make([]byte, 32)...))
		_, err := conn.Read(make([]byte, 1))
		readErr <- err
	})
	r := newRecorder(t, Config{})
	_, err := r.Dial(fakeserver.Context(t), url, 0)
	require.NoError(t, err)
	end := fakeserver.Next(t, r.ends)
	assert.Equal(t, frame.CloseAbnormal, end.Code)
	assert.EqualError(t, end.Err, "bench: read: local error: tls: bad record MAC")
	assert.ErrorContains(t, fakeserver.Next(t, readErr), "remote error: tls: bad record MAC")
}

func TestAFailedHandshakeIsReportedInOneLine(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	elsewhere := httptest.NewUnstartedServer(http.NotFoundHandler())
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	require.NoError(t, err)
	elsewhere.Listener.Close()
	elsewhere.Listener, elsewhere.Config.ErrorLog = listener, fakeserver.NoLog
	elsewhere.StartTLS()
	t.Cleanup(elsewhere.Close)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = fakeserver.NoLog
	old.StartTLS()
	t.Cleanup(old.Close)
	good := fakeserver.Wire(tls.VersionTLS13).Script(t, "", func(net.Conn, *bufio.Reader) {})
	for _, c := range []struct {
		what, url, want string
		cfg             *tls.Config
	}{
		{"unknown authority", good, "TLS handshake: tls: failed to verify certificate: x509: certificate signed by unknown authority", TLSConfig(nil)},
		{"another name", strings.Replace(elsewhere.URL, "https", "wss", 1), "x509: certificate is valid for 127.0.0.1, ::1, not 127.0.0.2", nil},
		{"no TLS", strings.Replace(other.URL, "http", "wss", 1), "TLS handshake: tls: first record does not look like a TLS handshake", nil},
		{"TLS 1.1", strings.Replace(old.URL, "https", "wss", 1), "TLS handshake: remote error: tls: protocol version not supported", nil},
		{"no room", strings.Replace(old.URL, "https", "ws", 1), `server answered "HTTP/1.0 400 Bad Request"`, nil},
	} {
		r := newRecorder(t, Config{Loops: 1, TLS: c.cfg})
		_, err := r.Dial(fakeserver.Context(t), c.url, 0)
		require.ErrorContains(t, err, c.want, c.what)
		assert.NotContains(t, err.Error(), "\n", c.what)
		assert.Zero(t, r.Stats().Open)
	}
}

func TestAClientWithTLSHasNoGoroutine(t *testing.T) {
	url := strings.Replace(fakeserver.Wire(tls.VersionTLS13).Serve(t, fakeserver.Echo), "wss://", "https://", 1)
	r := newRecorder(t, Config{Loops: 1})
	clients, err := r.DialAll(fakeserver.Context(t), 10, 4, func(int) string { return url })
	require.NoError(t, err)
	for _, c := range clients {
		require.NoError(t, c.Send([]byte("x")))
	}
	for range clients {
		fakeserver.Next(t, r.messages)
	}
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	assert.Equal(t, 1, strings.Count(string(all), "wsclient.(*loop).run("))
	for _, of := range []string{"socket.(*transport)", "socket.NewTLS", "wsclient.(*Pool).Dial"} {
		assert.NotContains(t, string(all), of)
	}
}
