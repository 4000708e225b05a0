package socket

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"plenum/bench/internal/fakeserver"
)

// recording is a server's socket. While keeps is set, it collects the written bytes and does
// not send them.
type recording struct {
	net.Conn
	keeps bool
	kept  []byte
}

func (r *recording) Write(b []byte) (int, error) {
	if !r.keeps {
		return r.Conn.Write(b)
	}
	r.kept = append(r.kept, b...)
	return len(b), nil
}

// securePair returns both sides of a connection after the handshake, and the server's socket.
// The socket collects the written bytes from then on.
func securePair(t *testing.T, w fakeserver.Wire) (*TLS, *tls.Conn, *recording) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	require.NoError(t, err)
	file := os.NewFile(uintptr(fds[1]), "server")
	conn, err := net.FileConn(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	t.Cleanup(func() { conn.Close(); unix.Close(fds[0]) })

	to := &recording{Conn: conn}
	server := tls.Server(to, &tls.Config{Certificates: []tls.Certificate{fakeserver.Identity()}, MaxVersion: uint16(w)})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	cfg := &tls.Config{RootCAs: fakeserver.Roots(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	s, err := NewTLS(fakeserver.Context(t), fds[0], cfg, "127.0.0.1")
	require.NoError(t, err)
	require.NoError(t, fakeserver.Next(t, done))
	s.wire.wait, to.keeps = nil, true
	return s, server, to
}

func TestRecordsAreTheSameHoweverReadsSplitThem(t *testing.T) {
	raw, clear := make([]byte, 64<<10), make([]byte, 256<<10)
	long := strings.Repeat("0123456789", 5000)
	for _, w := range []fakeserver.Wire{tls.VersionTLS12, tls.VersionTLS13} {
		for _, piece := range []int{1, 2, 5, 6, 21, 100, 1000, 17_000, 100_000} {
			s, server, to := securePair(t, w)
			for _, text := range []string{"one", long, "two"} {
				_, err := io.WriteString(server, text)
				require.NoError(t, err)
			}
			require.NoError(t, server.CloseWrite())
			require.NoError(t, to.SetWriteDeadline(time.Time{})) // CloseWrite has set a deadline
			var got []byte
			var err error
			bytes := 0
			for sent := 0; sent < len(to.kept); {
				n, fault := to.Conn.Write(to.kept[sent:min(sent+piece, len(to.kept))])
				require.NoError(t, fault)
				sent += n
				for err == nil {
					var n, wire int
					n, wire, err = s.Read(raw, clear)
					got, bytes = append(got, clear[:n]...), bytes+wire
				}
				if err == unix.EAGAIN {
					err = nil
				}
			}
			assert.Equal(t, io.EOF, err, "the server's close_notify")
			require.Equal(t, "one"+long+"two", string(got), "pieces of %d", piece)
			assert.GreaterOrEqual(t, bytes, len(to.kept), "bytes on the wire, session tickets included")
		}
	}
}
