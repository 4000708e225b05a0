package engine_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// The handshake of RFC 6455 section 1.3 and its answer.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	handshake    = "GET / HTTP/1.1\r\nHost: plenum.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + sampleKey + "\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

// client is the client's side of a connection. It writes bytes and reads frames, but does nothing by itself.
type client struct {
	t    testing.TB
	conn *peer
	in   *bufio.Reader
}

// connect opens a connection without a handshake.
func (s *server) connect(t testing.TB) *client {
	t.Helper()
	return s.connectBuffered(t, 0)
}

// connectBuffered is connect with a receive buffer of rcvbuf bytes in the kernel; 0 means the default.
func (s *server) connectBuffered(t testing.TB, rcvbuf int) *client {
	t.Helper()
	return s.connectBy(t, net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		if rcvbuf == 0 {
			return nil
		}
		return raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, rcvbuf)
		})
	}})
}

func (s *server) connectBy(t testing.TB, d net.Dialer) *client {
	t.Helper()
	nc, err := d.Dial("tcp", s.addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(2 * soon))
	p := newPeer(nc)
	return &client{t: t, conn: p, in: bufio.NewReader(p)}
}

// dial opens a connection and upgrades it.
func (s *server) dial(t testing.TB) *client {
	t.Helper()
	c := s.connect(t)
	c.upgrade()
	return c
}

// upgrade does the handshake.
func (c *client) upgrade() {
	c.t.Helper()
	c.write([]byte(handshake))
	require.Equal(c.t, http.StatusSwitchingProtocols, c.response().StatusCode)
}

func (c *client) write(b []byte) {
	c.t.Helper()
	_, err := c.conn.Write(b)
	require.NoError(c.t, err)
}

// response reads an HTTP response and its body.
func (c *client) response() *http.Response {
	c.t.Helper()
	resp, err := http.ReadResponse(c.in, nil)
	require.NoError(c.t, err)
	if resp.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(resp.Body)
		require.NoError(c.t, err)
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp
}

var testKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// masked returns a frame as a client must send it. first is its first byte.
func masked(first byte, payload string) []byte {
	b := frame.AppendMaskedHeader(nil, frame.Opcode(first&0x0f), len(payload), testKey)
	b[0] = first
	b = append(b, payload...)
	frame.Mask(b[len(b)-len(payload):], testKey, 0)
	return b
}

// First bytes of frames.
const (
	fin      = 0x80
	text     = fin | byte(frame.Text)
	binary   = fin | byte(frame.Binary)
	ping     = fin | byte(frame.Ping)
	pong     = fin | byte(frame.Pong)
	closing  = fin | byte(frame.Close)
	last     = fin | byte(frame.Continuation)
	more     = byte(frame.Continuation)
	openText = byte(frame.Text)
	openBin  = byte(frame.Binary)
)

func closePayload(code int, reason string) string {
	return string(frame.AppendClosePayload(nil, code, reason))
}

func (c *client) send(first byte, payload string) {
	c.t.Helper()
	c.write(masked(first, payload))
}

// read reads one frame. It must be unfragmented and unmasked.
func (c *client) read() (frame.Opcode, string) {
	c.t.Helper()
	op, payload, err := c.readFrame()
	require.NoError(c.t, err)
	return op, payload
}

func (c *client) readFrame() (frame.Opcode, string, error) {
	head, err := c.in.Peek(2)
	if err != nil {
		return 0, "", err
	}
	size := map[byte]int{126: 4, 127: 10}[head[1]]
	if head, err = c.in.Peek(max(size, 2)); err != nil {
		return 0, "", err
	}
	h, n, err := frame.ParseHeader(head)
	if err != nil {
		return 0, "", err
	}
	require.True(c.t, h.Fin && h.RSV == 0 && !h.Masked, "header %x", head)
	_, _ = c.in.Discard(n)
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(c.in, payload)
	return h.Opcode, string(payload), err
}

func (c *client) want(op frame.Opcode, payload string) {
	c.t.Helper()
	gotOp, got := c.read()
	require.Equal(c.t, op, gotOp)
	if got != payload {
		require.Equal(c.t, abbreviated(payload), abbreviated(got))
	}
}

func abbreviated(s string) string {
	if len(s) < 100 {
		return s
	}
	return s[:50] + strings.Repeat(".", 3) + s[len(s)-50:]
}

// wantEcho sends a text to an echo server and wants it back.
func (c *client) wantEcho(payload string) {
	c.t.Helper()
	c.send(text, payload)
	c.want(frame.Text, payload)
}

// wantClose wants a close frame with code, directly followed by FIN, not RST.
func (c *client) wantClose(code int) {
	c.t.Helper()
	op, payload := c.read()
	require.Equal(c.t, frame.Close, op, "payload %q", payload)
	got, _, failCode := frame.ParseClosePayload([]byte(payload))
	require.Zero(c.t, failCode)
	require.Equal(c.t, code, got)
	c.wantEOF()
}

// wantEOF wants FIN, not RST, and no bytes before it.
func (c *client) wantEOF() {
	c.t.Helper()
	b, err := io.ReadAll(c.in)
	require.NoError(c.t, err, "FIN, not RST")
	require.Empty(c.t, b)
}
