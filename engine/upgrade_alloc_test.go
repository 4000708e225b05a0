//go:build !race

package engine_test

import (
	"net"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/engine"
)

// caller opens and closes connections with system calls only, so that all allocations are the server's.
type caller struct {
	at     syscall.SockaddrInet4
	answer [512]byte
}

func newCaller(t testing.TB, addr string) *caller {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	return &caller{at: syscall.SockaddrInet4{Port: number, Addr: [4]byte{127, 0, 0, 1}}}
}

// call upgrades a connection, sends the bytes of then, and closes the connection when the server does.
func (c *caller) call(t testing.TB, request, then []byte) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = syscall.Connect(fd, &c.at)
	}
	for _, b := range [][]byte{request, then} {
		if err == nil {
			_, err = syscall.Write(fd, b)
		}
	}
	for n := 1; err == nil && n > 0; {
		n, err = syscall.Read(fd, c.answer[:])
	}
	if err != nil {
		t.Error(err)
	}
	_ = syscall.Close(fd)
}

// The bound includes the memory that the server keeps while a connection is open.
func TestAnUpgradeAndACloseAllocateAtMostAKilobyte(t *testing.T) {
	plainOnly(t, "TLS needs more")
	h := echo()
	s := serve(t, engine.Config{}, func() engine.Handler { return h })
	c, request, goodbye := newCaller(t, s.addr), []byte(handshake), masked(closing, closePayload(1000, ""))
	var before, after runtime.MemStats
	const warm, many = 200, 2000
	for i := range warm + many {
		if i == warm {
			runtime.ReadMemStats(&before)
		}
		c.call(t, request, goodbye)
	}
	runtime.ReadMemStats(&after)
	bytes := (after.TotalAlloc - before.TotalAlloc) / many
	t.Logf("%d bytes in %d objects", bytes, (after.Mallocs-before.Mallocs)/many)
	assert.LessOrEqual(t, bytes, uint64(1<<10))
}

func BenchmarkOpenAndClose(b *testing.B) {
	h := echo()
	s := serve(b, engine.Config{}, func() engine.Handler { return h })
	c, request, goodbye := newCaller(b, s.addr), []byte(handshake), masked(closing, closePayload(1000, ""))
	b.ReportAllocs()
	for b.Loop() {
		c.call(b, request, goodbye)
	}
}
