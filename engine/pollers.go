package engine

import (
	"fmt"
	"math/rand/v2"
	"runtime"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/mempool"

	"plenum/engine/internal/poller"
)

// newPollers makes the epoll loops. They run edge-triggered, with our own read loop, because
// nbio has no call that stops reading one connection: an edge-triggered event that is not
// read does not come again, so a paused connection costs nothing (reader.go).
func newPollers(e *Engine) *nbio.Engine {
	poller.LogTo(e.cfg.Logger)
	nb := nbio.NewEngine(nbio.Config{
		NPoller:  e.cfg.Pollers,
		EpollMod: nbio.EPOLLET,
		// The default pool hands out 1 KiB at least; what we queue is small.
		BodyAllocator: mempool.NewAligned(),
	})
	nb.OnRead(func(nc *nbio.Conn) {
		switch s := nc.Session().(type) {
		case *Conn:
			s.reader.readable(s)
		case *poller.Mailbox:
			s.RunJobs(*nb.PollerBufferPtr(nc))
		}
	})
	nb.OnClose(func(nc *nbio.Conn, _ error) {
		switch s := nc.Session().(type) {
		case *Conn:
			s.onClosed()
		case *poller.Mailbox:
			s.Close()
		}
	})
	nb.OnWrittenSize(func(nc *nbio.Conn, _ []byte, n int) {
		if c, ok := nc.Session().(*Conn); ok {
			c.out.written(c, n)
		}
	})
	return nb
}

// startPollers starts them, unless Shutdown came first. When it returns, all pollers run:
// nbio clears a poller's stop flag when the poller's goroutine begins, so a poller that is
// stopped before that never ends.
func (e *Engine) startPollers() (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return nil
	}
	if err := e.nb.Start(); err != nil {
		return fmt.Errorf("engine: start pollers: %w", err)
	}
	e.started = true
	if e.mailboxes, err = poller.NewMailboxes(e.nb, e.cfg.Pollers); err != nil {
		return fmt.Errorf("engine: start pollers: %w", err)
	}
	for _, m := range e.mailboxes {
		running := make(chan struct{})
		m.Post(func() { close(running) })
		<-running
	}
	return nil
}

// stopPollers stops the pollers if they were started: nbio panics if they were not.
func (e *Engine) stopPollers() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	if e.started {
		e.nb.Stop()
	}
}

// onPoller has c's poller run job soon.
func (e *Engine) onPoller(c *Conn, job func()) {
	e.mailboxes[c.socket.nb.Hash()%len(e.mailboxes)].Post(job)
}

// yieldSometimes gives the processor up after one read in eight. To the Go
// runtime a poller that is never rescheduled looks like one that hogs its
// processor: after 10 ms the runtime's monitor takes it away, within a system call,
// and having found work to do looks again every 20 us for some milliseconds. That
// took an eighth of the server's processor time with a thousand small rooms.
func yieldSometimes() {
	if rand.Uint32()&7 == 0 {
		runtime.Gosched()
	}
}
