package client

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Connections are cut anywhere, also within frames. The server keeps running, and its history has all messages.
func TestNothingIsMissingHoweverOftenTheConnectionIsCut(t *testing.T) {
	for _, e := range receiveWhileCut(t, "--history-messages=100000") {
		assert.Empty(t, e.gaps())
	}
}

func TestMessagesThatAreNotRetainedAreReportedAsGaps(t *testing.T) {
	for _, e := range receiveWhileCut(t, "--history-messages=1") {
		assert.NotEmpty(t, e.gaps())
		for _, g := range e.gaps() {
			assert.Equal(t, g.After.Epoch, g.Epoch)
		}
	}
}

// receiveWhileCut returns two clients whose connections were cut a hundred times. Each has received every message or a gap for it.
func receiveWhileCut(t *testing.T, flags ...string) []*listener {
	rooms := []string{"a", "b"}
	p := serve(t, flags...)
	proxy := startCuttingProxy(t, p.addr)
	alex, bea := run(t, named(proxy.addr, "Alex"), rooms...), run(t, named(proxy.addr, "Bea"), rooms...)
	publishing := startPublishing(t, rooms, map[string]publishFunc{"api": p.post, "client": bea.publish})
	require.Eventually(t, func() bool { return proxy.cuts.Load() >= 100 }, soon, tick)
	all := publishing.stopAndList()
	proxy.keepOpen.Store(true)
	for _, room := range rooms {
		end := p.post(t.Context(), room, room+" end")
		require.False(t, end.unknown || end.refused)
		alex.awaitMessageOrGap(end)
		bea.awaitMessageOrGap(end)
	}
	for _, e := range []*listener{alex, bea} {
		e.stop()
		require.NoError(t, e.result)
		lost := e.requireReceivedOrLost(all)
		t.Logf("%d messages, %d cuts, %d lost in %d gaps", len(all), proxy.cuts.Load(), lost, len(e.gaps()))
	}
	return []*listener{alex, bea}
}

// cuttingProxy is a TCP proxy that cuts each connection after a random number of bytes in either direction.
type cuttingProxy struct {
	addr, to string
	ln       net.Listener
	cuts     atomic.Int64
	keepOpen atomic.Bool // stops cutting
	done     sync.WaitGroup
}

func startCuttingProxy(t *testing.T, to string) *cuttingProxy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &cuttingProxy{addr: ln.Addr().String(), to: to, ln: ln}
	s.done.Go(s.accept)
	t.Cleanup(func() {
		require.NoError(t, ln.Close())
		s.done.Wait()
	})
	return s
}

func (s *cuttingProxy) accept() {
	for {
		near, err := s.ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", s.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		s.done.Go(func() { s.relay(near.(*net.TCPConn), far.(*net.TCPConn)) })
	}
}

// relay copies in both directions until one ends or is cut. A cut looks like the end of a process: with a FIN, or with a
// RST, as when the process has unread data.
func (s *cuttingProxy) relay(near, far *net.TCPConn) {
	reset := rand.IntN(2) == 0
	end := sync.OnceFunc(func() {
		if reset {
			_, _ = near.SetLinger(0), far.SetLinger(0)
		}
		_, _ = near.Close(), far.Close()
	})
	var copying sync.WaitGroup
	copying.Go(func() { s.copy(near, far, 300+rand.Int64N(20000)); end() })
	copying.Go(func() { s.copy(far, near, 300+rand.Int64N(2000)); end() })
	copying.Wait()
}

// copy copies a number of bytes, or all if the proxy keeps connections open.
func (s *cuttingProxy) copy(to io.Writer, from io.Reader, bytes int64) {
	n, _ := io.CopyN(to, from, bytes)
	if n < bytes {
		return
	}
	if !s.keepOpen.Load() {
		s.cuts.Add(1)
		return
	}
	_, _ = io.Copy(to, from)
}
