package tlsrecord

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair returns the detached Layer of a server, its client, and the client's socket, after the handshake.
func pair(t *testing.T) (Layer, *tls.Conn, *wire) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	near, far := net.Pipe()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })

	w := &wire{Conn: far}
	client := tls.Client(w, &tls.Config{RootCAs: roots, ServerName: "example.com"})
	// With TLS 1.2 the server sends no session ticket after the handshake, which would stay unread.
	server := Server(near, ServerConfig(&tls.Config{Certificates: s.TLS.Certificates, MaxVersion: tls.VersionTLS12}))
	done := make(chan error, 1)
	go func() { done <- client.Handshake() }()
	require.NoError(t, server.Handshake())
	require.NoError(t, <-done)
	l, socket := Of(server)
	require.Equal(t, near, socket)
	require.True(t, l.Encrypted())
	require.True(t, l.HandshakeDone())
	l.Detach()
	w.detached = true
	return l, client, w
}

// wire is the client's socket. Once detached, it reads and writes memory.
type wire struct {
	net.Conn
	detached bool
	in, out  []byte
}

func (w *wire) Read(b []byte) (int, error) {
	if !w.detached {
		return w.Conn.Read(b)
	}
	if len(w.in) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, w.in)
	w.in = w.in[n:]
	return n, nil
}

func (w *wire) Write(b []byte) (int, error) {
	if !w.detached {
		return w.Conn.Write(b)
	}
	w.out = append(w.out, b...)
	return len(b), nil
}

func TestRecordsInAnyPiecesAreOpened(t *testing.T) {
	l, client, w := pair(t)
	_, err := client.Write([]byte("hello"))
	require.NoError(t, err)
	buf := make([]byte, 100)
	for i := range w.out {
		l.Feed(w.out[i : i+1])
		n, err := l.Open(buf)
		require.Equal(t, ErrNothingYet, err)
		if i < len(w.out)-1 {
			require.Zero(t, n)
			continue
		}
		assert.Equal(t, "hello", string(buf[:n]))
	}
}

func TestOpenEndsWithCloseNotify(t *testing.T) {
	l, client, w := pair(t)
	_, err := client.Write([]byte("the last"))
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	l.Feed(w.out)
	buf := make([]byte, 100)
	n, err := l.Open(buf)
	assert.Equal(t, "the last", string(buf[:n]))
	assert.ErrorIs(t, err, io.EOF)
}

func TestSealedBytesWaitUntilRelease(t *testing.T) {
	l, client, w := pair(t)
	assert.Nil(t, l.Records())
	l.Seal([]byte("one, "))
	w.in = append(w.in, l.Seal([]byte("two"))...)
	l.Release()
	assert.Nil(t, l.Records())
	l.CloseWrite()
	l.CloseWrite()
	w.in = append(w.in, l.Records()...)
	l.Release()
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	assert.Equal(t, "one, two", string(got))
}

func TestAPlainLayerChangesNothing(t *testing.T) {
	nc, _ := net.Pipe()
	l, socket := Of(nc)
	assert.Equal(t, nc, socket)
	assert.False(t, l.Encrypted())
	b := []byte("plain")
	assert.Equal(t, b, l.Seal(b))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		l.Seal(b)
		l.Release()
	}))
}
