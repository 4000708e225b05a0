package engine

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine/zerocopy"
)

// loopback returns the two ends of a TCP connection: the descriptor of one, and the other as a net.Conn.
func loopback(t testing.TB) (fd int, peer net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	peer, err = net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	own, err := ln.Accept()
	require.NoError(t, err)
	file, err := own.(*net.TCPConn).File()
	require.NoError(t, err)
	t.Cleanup(func() { _, _, _ = peer.Close(), own.Close(), file.Close() })
	return int(file.Fd()), peer
}

func TestWriteOnceTransmitsTheExactBytesFromHeapAndPool(t *testing.T) {
	p, err := zerocopy.NewPool(1)
	require.NoError(t, err)
	heap, block := make([]byte, 2*minByReference), p.Get()[:2*minByReference]
	for i := range heap {
		heap[i], block[i] = byte(i%251), byte(i%241)
	}
	fd, peer := loopback(t)
	got := make([]byte, len(heap))
	for name, c := range map[string]struct {
		pool *zerocopy.Pool
		b    []byte
	}{
		"no pool":          {nil, heap},
		"outside the pool": {p, heap},
		"short":            {p, block[100:200]},
		"long":             {p, block},
		"from within":      {p, block[4097:]},
	} {
		n, err := writeOnce(fd, c.pool, c.b)
		require.NoError(t, err, name)
		require.Equal(t, len(c.b), n, name)
		_, err = io.ReadFull(peer, got[:n])
		require.NoError(t, err, name)
		assert.Equal(t, c.b, got[:n], name)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		n, _ := writeOnce(fd, p, block)
		_, _ = io.ReadFull(peer, got[:n])
	}))
}
