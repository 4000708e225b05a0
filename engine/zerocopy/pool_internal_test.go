package zerocopy

import (
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestSendTransmitsTheExactBytesAtAnyOffset(t *testing.T) {
	p, err := NewPool(1)
	require.NoError(t, err)
	block := p.Get()[:16<<10]
	for i := range block {
		block[i] = byte(i % 241)
	}
	fd, peer := loopback(t)
	got := make([]byte, len(block))
	for name, b := range map[string][]byte{"short": block[100:200], "long": block, "from within": block[4097:]} {
		n, err := p.Send(fd, b)
		require.NoError(t, err, name)
		require.Equal(t, len(b), n, name)
		_, err = io.ReadFull(peer, got[:n])
		require.NoError(t, err, name)
		assert.Equal(t, b, got[:n], name)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		n, _ := p.Send(fd, block)
		_, _ = io.ReadFull(peer, got[:n])
	}))
}

func TestAPoolContainsOnlyItsOwnBlocks(t *testing.T) {
	p, err := NewPool(2)
	require.NoError(t, err)
	other, err := NewPool(2)
	require.NoError(t, err)
	for range 2 {
		block := p.Get()[:blockSize]
		assert.True(t, p.Contains(block))
		assert.True(t, p.Contains(block[blockSize-1:]))
		assert.False(t, other.Contains(block))
	}
	assert.False(t, p.Contains(make([]byte, 100)))
	assert.False(t, (*Pool)(nil).Contains(other.Get()[:1]))
}

// BenchmarkWrite measures one flush of a room: 40 KiB are written to each of 1,000 members, then all members read. With
// 200 members the copies still fit into the processor's cache, and there is no difference.
func BenchmarkWrite(b *testing.B) {
	const members = 1000
	p, err := NewPool(1)
	require.NoError(b, err)
	var fds [members]int
	var peers [members]net.Conn
	for i := range members {
		fds[i], peers[i] = loopback(b)
	}
	heap, block := make([]byte, 40<<10), p.Get()[:40<<10]
	for name, write := range map[string]func(fd int) (int, error){
		"copied":      func(fd int) (int, error) { return syscall.Write(fd, heap) },
		"byReference": func(fd int) (int, error) { return p.Send(fd, block) },
	} {
		b.Run(name, func(b *testing.B) {
			got := make([]byte, len(block))
			b.SetBytes(members * int64(len(block)))
			b.ReportAllocs()
			for b.Loop() {
				for _, fd := range fds {
					if _, err := write(fd); err != nil {
						b.Fatal(err)
					}
				}
				for _, peer := range peers {
					_, _ = io.ReadFull(peer, got)
				}
			}
		})
	}
}
