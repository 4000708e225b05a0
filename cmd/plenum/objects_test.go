package main

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The garbage collector visits each object. Those of a connection are the connection of nbio, the session, which has the
// connection of the engine and its member of the room in it, and the name. The clients are descriptors without objects of
// their own.
func TestAnIdleConnectionIsThreeObjects(t *testing.T) {
	if tlsRun.flags != nil {
		t.Skip("the keys of a TLS connection are many objects")
	}
	const n = 500
	s := start(t, "--log-level=error")
	to := netip.MustParseAddrPort(address(s.url))
	clients := make([]int, 0, 4*n)
	t.Cleanup(func() {
		for _, fd := range clients {
			_ = unix.Close(fd)
		}
	})
	for _, path := range []string{"/ws/chat/all", "/ws"} {
		open := func() {
			for i := range n {
				clients = append(clients, openRaw(t, to, fmt.Sprintf("%s?username=user-%06d", path, i)))
			}
		}
		open() // the tables, pools and buffers have their sizes
		before := liveObjects()
		open()
		assert.InDelta(t, 3, float64(liveObjects()-before)/n, 0.5, path)
	}
}

// openRaw opens a WebSocket and returns its descriptor when it is open.
func openRaw(t *testing.T, to netip.AddrPort, path string) (fd int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}))
	_, err = fmt.Fprintf(descriptor(fd), "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, to)
	require.NoError(t, err)
	answer := make([]byte, 1024)
	got, err := unix.Read(fd, answer)
	require.NoError(t, err)
	require.Contains(t, string(answer[:got]), " 101 ")
	return fd
}

type descriptor int

func (fd descriptor) Write(b []byte) (int, error) { return unix.Write(int(fd), b) }

// liveObjects collects garbage until no more objects are freed, and returns the number of live objects.
func liveObjects() int64 {
	for last := int64(1 << 62); ; {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the content of a sync.Pool survives one collection
		runtime.ReadMemStats(&m)
		if now := int64(m.HeapObjects); now >= last-10 {
			return min(now, last)
		} else {
			last = now
		}
	}
}
