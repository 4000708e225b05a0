package engine_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// pieces is a connection that writes pieces of at most size bytes.
type pieces struct {
	net.Conn
	size int
}

func (p pieces) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var wrote int
		wrote, err = p.Conn.Write(b[n:min(n+p.size, len(b))])
		n += wrote
	}
	return n, err
}

// tlsDial opens a WebSocket over TLS. wrap may wrap the socket below TLS.
func tlsDial(t *testing.T, s *server, cfg *tls.Config, wrap func(net.Conn) net.Conn) *client {
	t.Helper()
	c := s.connect(t)
	_ = c.conn.SetNoDelay(true)
	c.conn.Conn = tls.Client(wrap(c.conn.tcp), cfg)
	c.in = bufio.NewReader(c.conn)
	c.upgrade()
	return c
}

func unwrapped(nc net.Conn) net.Conn { return nc }

// An incomplete record is continued when the rest arrives.
func TestRecordsInAnyPiecesAreRead(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	s := serve(t, engine.Config{TLS: serverTLS}, echo)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cfg := clientTLS.Clone()
		cfg.MinVersion, cfg.MaxVersion = version, version
		for _, size := range []int{1, 2, 3, 7, 1000} {
			c := tlsDial(t, s, cfg, func(nc net.Conn) net.Conn { return pieces{nc, size} })
			for _, n := range []int{0, 1, 125, 2000} {
				c.wantEcho(strings.Repeat("r", n))
			}
			c.send(closing, closePayload(1000, ""))
			c.wantClose(1000)
		}
	}
}

func TestLongMessagesOverTLSAreWhole(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	s := serve(t, engine.Config{TLS: serverTLS, MaxMessage: 1 << 20}, echo)
	c := tlsDial(t, s, clientTLS, unwrapped)
	for n := 16<<10 - 100; n < 1<<20; n = n*3/2 + 1 {
		c.wantEcho(strings.Repeat("l", n))
	}
	require.NoError(t, c.conn.Close())
}

func TestAnInvalidRecordClosesTheConnectionWithAnAlert(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	s := serve(t, engine.Config{TLS: serverTLS}, echo)
	c := tlsDial(t, s, clientTLS, unwrapped)
	c.wantEcho("fine")
	_, _ = c.conn.tcp.Write([]byte("\x17\x03\x03\x00\x20" + strings.Repeat("?", 400_000))) // application data that no key has encrypted
	_, err := io.ReadAll(c.in)
	require.Error(t, err)
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 0 }, soon, poll)
	require.EqualValues(t, 1, s.refused(engine.RefusedTLS), "counted once, although more bytes follow")
}

func TestAClientThatOnlyDoesTheTLSHandshakeIsNotReportedAsRefused(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	s := serve(t, engine.Config{TLS: serverTLS}, echo)
	for _, polite := range []bool{true, false} {
		c := s.connect(t)
		tlsConn := tls.Client(c.conn.tcp, clientTLS)
		require.NoError(t, tlsConn.Handshake())
		if polite {
			require.NoError(t, tlsConn.CloseWrite())
		}
		require.NoError(t, c.conn.tcp.CloseWrite())
		_, _ = io.Copy(io.Discard, c.conn.tcp)
	}
	c := tlsDial(t, s, clientTLS, unwrapped) // the earlier connections have been handled
	c.wantEcho("hello")
	require.Empty(t, s.Stats().Refused)
}

func TestAnHTTPOriginIsRefusedOverTLS(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	s := serve(t, engine.Config{TLS: serverTLS}, echo)
	for origin, status := range map[string]int{"http://plenum.test": 403, "https://plenum.test": 101} {
		c := s.connect(t)
		c.conn.Conn = tls.Client(c.conn.tcp, clientTLS)
		c.in = bufio.NewReader(c.conn)
		c.write([]byte(strings.TrimSuffix(handshake, "\r\n") + "Origin: " + origin + "\r\n\r\n"))
		require.Equal(t, status, c.response().StatusCode, origin)
	}
}

func TestCloseNotifyClosesTheConnection(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	j := newJournal()
	s := serve(t, engine.Config{TLS: serverTLS}, func() engine.Handler { return j })
	c := tlsDial(t, s, clientTLS, unwrapped)
	c.send(text, "the last")
	require.NoError(t, c.conn.Conn.(*tls.Conn).CloseWrite())
	j.wantClosed(t, frame.CloseAbnormal)
	messages, _ := j.read()
	require.Equal(t, []string{"the last"}, messages)
}

func TestAPlainRequestToATLSListenerIsAnswered400(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	s := serve(t, engine.Config{TLS: serverTLS}, echo)
	c := s.connect(t)
	c.write([]byte(handshake))
	resp := c.response()
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	body, _ := io.ReadAll(resp.Body)
	require.Contains(t, string(body), "HTTPS")
	require.Eventually(t, func() bool { return s.refused(engine.RefusedTLS) == 1 }, soon, poll)
}

func TestAnIncompleteTLSHandshakeIsClosedAfterHandshakeTimeout(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	t.Parallel()
	s := serve(t, engine.Config{TLS: serverTLS, HandshakeTimeout: 200 * time.Millisecond}, echo)
	c := s.connect(t)
	c.write([]byte("\x16\x03\x01\x02\x00\x01"))
	_, err := io.Copy(io.Discard, c.in)
	require.NoError(t, err, "FIN, not RST, and no plain-text answer")
	require.Eventually(t, func() bool { return s.refused(engine.RefusedTimeout) == 1 }, soon, poll)
}

// The memory of the clients' TLS has been freed when the heap is measured; only their sockets count too. The server keeps
// the buffer into which crypto/tls reads records.
func TestATLSConnectionUsesLittleMemory(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	const conns = 100
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // the first collection only empties the pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for size, most := range map[int]uint64{5: 12 << 10, 60_000: 28 << 10} {
		s := serve(t, engine.Config{TLS: serverTLS}, func() engine.Handler { return hooks{} })
		dial := func() {
			c := tlsDial(t, s, clientTLS, unwrapped)
			c.send(text, strings.Repeat("s", size))
			c.send(ping, "")
			c.want(frame.Pong, "")
		}
		dial()
		goroutines, before := runtime.NumGoroutine(), heap()
		for range conns {
			dial()
		}
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+2 }, soon, poll, "no goroutine per connection; two belong to Eventually")
		each := (heap() - before) / conns
		t.Logf("%d bytes per connection with messages of up to %d bytes", each, size)
		assert.Less(t, each, most)
	}
}
