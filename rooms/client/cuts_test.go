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

// Connections are cut anywhere, in the middle of frames too. The server stays, and its
// history holds all: so nothing is missing.
func TestNothingIsMissingHoweverOftenTheConnectionIsCut(t *testing.T) {
	for _, e := range hearWhileCut(t, "--history-messages=100000") {
		assert.Empty(t, e.gaps())
	}
}

func TestWhatHistoryNoLongerHoldsIsSaidToBeMissing(t *testing.T) {
	for _, e := range hearWhileCut(t, "--history-messages=1") {
		assert.NotEmpty(t, e.gaps())
		for _, g := range e.gaps() {
			assert.Equal(t, g.After.Epoch, g.Epoch)
		}
	}
}

// hearWhileCut is two clients that have heard what was said, or that it is missing.
func hearWhileCut(t *testing.T, flags ...string) []*ear {
	rooms := []string{"a", "b"}
	p := serve(t, flags...)
	proxy := cutter(t, p.addr)
	alex, bea := run(t, named(proxy.addr, "Alex"), rooms...), run(t, named(proxy.addr, "Bea"), rooms...)
	talk := speak(t, rooms, map[string]speech{"api": p.post, "client": bea.publish})
	require.Eventually(t, func() bool { return proxy.cuts.Load() >= 100 }, soon, tick)
	all := talk.said()
	proxy.kind.Store(true)
	for _, room := range rooms {
		end := p.post(t.Context(), room, room+" end")
		require.False(t, end.unknown || end.refused)
		alex.passes(end)
		bea.passes(end)
	}
	for _, e := range []*ear{alex, bea} {
		e.leave()
		require.NoError(t, e.result)
		lost := e.answersFor(all)
		t.Logf("%d messages, %d cuts, %d lost in %d gaps", len(all), proxy.cuts.Load(), lost, len(e.gaps()))
	}
	return []*ear{alex, bea}
}

// scissors is a TCP proxy that cuts each connection once some bytes have passed either way.
type scissors struct {
	addr, to string
	ln       net.Listener
	cuts     atomic.Int64
	kind     atomic.Bool // cuts no more
	done     sync.WaitGroup
}

func cutter(t *testing.T, to string) *scissors {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &scissors{addr: ln.Addr().String(), to: to, ln: ln}
	s.done.Go(s.accept)
	t.Cleanup(func() {
		require.NoError(t, ln.Close())
		s.done.Wait()
	})
	return s
}

func (s *scissors) accept() {
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
		s.done.Go(func() { s.pass(near.(*net.TCPConn), far.(*net.TCPConn)) })
	}
}

// pass copies until either side ends, or is cut: as by a process that ends, or as by one
// that ends with something unread.
func (s *scissors) pass(near, far *net.TCPConn) {
	rough := rand.IntN(2) == 0
	end := sync.OnceFunc(func() {
		if rough {
			_, _ = near.SetLinger(0), far.SetLinger(0)
		}
		_, _ = near.Close(), far.Close()
	})
	var copying sync.WaitGroup
	copying.Go(func() { s.copy(near, far, 300+rand.Int64N(20000)); end() })
	copying.Go(func() { s.copy(far, near, 300+rand.Int64N(2000)); end() })
	copying.Wait()
}

// copy passes so many bytes on, or all.
func (s *scissors) copy(to io.Writer, from io.Reader, bytes int64) {
	n, _ := io.CopyN(to, from, bytes)
	if n < bytes {
		return
	}
	if !s.kind.Load() {
		s.cuts.Add(1)
		return
	}
	_, _ = io.Copy(to, from)
}
