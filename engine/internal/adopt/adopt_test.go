package adopt

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"plenum/engine/internal/nbiolog"
)

// running returns the pollers of a running engine, and a channel of the connections that were closed.
func running(t *testing.T, pollers int) (*Pollers, <-chan *nbio.Conn) {
	t.Helper()
	nbiolog.LogTo(slog.New(slog.DiscardHandler))
	nb := nbio.NewEngine(nbio.Config{NPoller: pollers, EpollMod: nbio.EPOLLET})
	closed := make(chan *nbio.Conn, 16)
	require.NoError(t, CloseSync(nb, func(c *nbio.Conn) { closed <- c }))
	began := make(chan struct{}, pollers)
	nb.OnRead(func(*nbio.Conn) { began <- struct{}{} })
	require.NoError(t, nb.Start())
	t.Cleanup(nb.Stop)
	p, err := New(nb, nbio.MaxOpenFiles)
	require.NoError(t, err)
	for poller := range pollers { // nbio cannot stop a poller that has not begun
		own, peer := socketPair(t)
		c := Conn(own)
		require.NoError(t, p.Add(c, poller))
		_, err = syscall.Write(peer, []byte("x"))
		require.NoError(t, err)
		<-began
		require.NoError(t, c.Close())
	}
	for len(closed) > 0 {
		<-closed
	}
	return p, closed
}

func socketPair(t *testing.T) (own, peer int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(fds[1]) })
	return fds[0], fds[1]
}

// events returns the events for which fd is registered with a poller, or 0.
func (p *Pollers) events(t *testing.T, fd, poller int) (events uint32) {
	t.Helper()
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", p.epoll[poller]))
	require.NoError(t, err)
	for line := range strings.Lines(string(info)) {
		var of int
		var mask uint32
		if n, _ := fmt.Sscanf(line, "tfd: %d events: %x", &of, &mask); n == 2 && of == fd {
			return mask
		}
	}
	return 0
}

func TestTheCloseOfAnAdoptedDescriptorIsReportedBeforeCloseReturns(t *testing.T) {
	p, closed := running(t, 2)
	own, peer := socketPair(t)
	c := Conn(own)
	require.NoError(t, p.Add(c, 0))
	assert.NotZero(t, p.events(t, own, 0))
	require.NoError(t, c.Close())
	require.Len(t, closed, 1)
	assert.Same(t, c, <-closed)
	waitForEnd(peer)
	n, err := syscall.Read(peer, make([]byte, 1))
	assert.NoError(t, err)
	assert.Zero(t, n, "the descriptor is closed")
}

func TestAReleasedDescriptorStaysOpenAndLeavesItsPoller(t *testing.T) {
	p, closed := running(t, 2)
	own, peer := socketPair(t)
	c := Conn(own)
	require.NoError(t, p.Add(c, 0))
	fd, err := p.Release(c)
	require.NoError(t, err)
	assert.Equal(t, own, fd)
	assert.Zero(t, p.events(t, own, 0))
	assert.Len(t, closed, 1)
	_, err = syscall.Write(own, []byte("x"))
	require.NoError(t, err)
	n, err := syscall.Read(peer, make([]byte, 1))
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	require.NoError(t, syscall.Close(own))
}

func TestAConnIsRegisteredWithTheGivenPoller(t *testing.T) {
	p, _ := running(t, 4)
	own, _ := socketPair(t)
	c := Conn(own)
	assert.Equal(t, own%4, p.Of(c), "the choice of nbio")
	for poller := range p.Len() {
		require.NoError(t, p.Add(c, poller))
		assert.Equal(t, poller, p.Of(c))
		for other := range p.Len() {
			assert.Equal(t, other == poller, p.events(t, own, other) != 0)
		}
		fd, err := p.Release(c)
		require.NoError(t, err)
		c = Conn(fd)
	}
	require.NoError(t, syscall.Close(own))
}

func TestAListenerIsSharedExclusively(t *testing.T) {
	p, _ := running(t, 4)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	raw, err := ln.(*net.TCPListener).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		own, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		require.NoError(t, err)
		c := Conn(own)
		require.NoError(t, p.Add(c, 3))
		require.NoError(t, p.Ignore(c))
		assert.Zero(t, p.events(t, own, 3))
		require.NoError(t, p.Listen(c))
		assert.Equal(t, uint32(unix.EPOLLIN|unix.EPOLLEXCLUSIVE), p.events(t, own, 3)&^uint32(unix.EPOLLERR|unix.EPOLLHUP))
		require.NoError(t, p.Ignore(c))
		require.NoError(t, c.Close())
	}))
}

func TestAClosedConnIsNotReleased(t *testing.T) {
	p, _ := running(t, 1)
	own, _ := socketPair(t)
	c := Conn(own)
	require.NoError(t, p.Add(c, 0))
	require.NoError(t, c.Close())
	_, err := p.Release(c)
	assert.ErrorIs(t, err, net.ErrClosed)
}

func TestAConnThatCannotLeaveItsPollerIsClosed(t *testing.T) {
	p, closed := running(t, 1)
	own, peer := socketPair(t)
	c := Conn(own)
	require.NoError(t, p.Add(c, 0))
	require.NoError(t, p.Ignore(c)) // so that the next one fails
	_, err := p.Release(c)
	require.ErrorIs(t, err, syscall.ENOENT)
	assert.Len(t, closed, 1)
	waitForEnd(peer)
	n, err := syscall.Read(peer, make([]byte, 1))
	assert.NoError(t, err)
	assert.Zero(t, n, "the descriptor is closed")
}

func TestADescriptorAboveTheTableIsNotTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	nc, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer nc.Close()
	p, closed := running(t, 1)
	p.table = 1
	_, err = p.Take(nc.(*net.TCPConn))
	require.ErrorIs(t, err, syscall.EMFILE)
	assert.ErrorContains(t, err, "is not in the table of 1")
	assert.NoError(t, nc.SetDeadline(time.Now()), "it is still open")

	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	defer syscall.Close(fds[1])
	require.ErrorIs(t, p.Add(Conn(fds[0]), 0), syscall.EMFILE)
	n, err := syscall.Read(fds[1], make([]byte, 1))
	assert.NoError(t, err)
	assert.Zero(t, n, "it is closed")
	assert.Empty(t, closed)
}
