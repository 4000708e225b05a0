package engine

import (
	"net"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// unstarted returns an Engine that is not running. The test acts as its poller and its clock.
func unstarted(t testing.TB, cfg Config) *Engine {
	t.Helper()
	e, err := New(cfg)
	require.NoError(t, err)
	return e
}

// recorder is a Handler that records its calls.
type recorder struct {
	ops      []frame.Opcode
	messages []string
	codes    []int
}

func (h *recorder) OnOpen(*Conn) {}

func (h *recorder) OnMessage(_ *Conn, op frame.Opcode, data []byte) {
	h.ops = append(h.ops, op)
	h.messages = append(h.messages, string(data))
}

func (h *recorder) OnClose(_ *Conn, code int) { h.codes = append(h.codes, code) }

// link is a connection after the handshake, not registered with a poller, and its peer's socket.
type link struct {
	*Conn
	peer int
	got  []byte // all bytes that received has read
}

// pairUp returns a new link. Its method end closes the descriptors.
func pairUp(t testing.TB, e *Engine, h Handler) *link {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	file := os.NewFile(uintptr(fds[0]), "server")
	socket, err := net.FileConn(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	c := &Conn{traits: &traits{engine: e}, handler: h}
	c.socket.nb, err = nbio.NBConn(socket)
	require.NoError(t, err)
	c.socket.nb.SetSession(c)
	require.NoError(t, e.conns.add(c))
	return &link{Conn: c, peer: fds[1]}
}

// feed passes data to the connection, as the poller does with bytes read from the socket.
func (l *link) feed(data []byte) { l.in.feed(l.Conn, data) }

// end closes both sides, as start does for a connection that failed early.
func (l *link) end() {
	_ = l.socket.nb.Close()
	l.onClosed()
	_ = syscall.Close(l.peer)
}

// received returns all bytes that have arrived at the peer since the beginning.
func (l *link) received() []byte {
	buf := make([]byte, 64<<10)
	for {
		n, err := syscall.Read(l.peer, buf)
		if n <= 0 || err != nil {
			return l.got
		}
		l.got = append(l.got, buf[:n]...)
	}
}

var internalKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// maskedFrame returns a frame from a client. first is its first byte.
func maskedFrame(first byte, payload string) []byte {
	b := frame.AppendMaskedHeader(nil, frame.Opcode(first&0x0f), len(payload), internalKey)
	b[0] = first
	b = append(b, payload...)
	frame.Mask(b[len(b)-len(payload):], internalKey, 0)
	return b
}

// 96 bytes is a size class of the Go allocator. The next one is 112 bytes.
func TestAConnFitsItsSizeClass(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(Conn{}), uintptr(96))
}
