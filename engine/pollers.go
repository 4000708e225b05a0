package engine

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/mempool"

	"plenum/engine/internal/mailbox"
)

// pollers are the epoll loops of an Engine.
type pollers struct {
	// Set at creation.
	n  int
	nb *nbio.Engine

	mailboxes []*mailbox.Mailbox // one per poller; set by start

	mu      sync.Mutex
	started bool
	stopped bool // and never to be started again
}

// init makes n epoll loops. They run edge-triggered, with our own read loop, because
// nbio has no call that stops reading one connection: an edge-triggered event that is not
// read does not come again, so a paused connection costs nothing (reader.go).
func (p *pollers) init(n int) {
	p.n = n
	p.nb = nbio.NewEngine(nbio.Config{
		NPoller:  n,
		EpollMod: nbio.EPOLLET,
		// The default pool hands out 1 KiB at least; the pieces that we queue are small.
		BodyAllocator: mempool.NewAligned(),
	})
	p.nb.OnRead(p.onRead)
	p.nb.OnClose(p.onClose)
	p.nb.OnWrittenSize(p.onWritten)
}

// onRead is called by nbio, on the poller, if nc can be read.
func (p *pollers) onRead(nc *nbio.Conn) {
	switch s := nc.Session().(type) {
	case *Conn:
		s.reader.readable(s)
	case *mailbox.Mailbox:
		s.RunJobs(nc, *p.nb.PollerBufferPtr(nc))
	}
}

// onClose is called by nbio when nc is closed.
func (p *pollers) onClose(nc *nbio.Conn, _ error) {
	switch s := nc.Session().(type) {
	case *Conn:
		s.onClosed()
	case *mailbox.Mailbox:
		s.Close()
	}
}

// onWritten is called by nbio, with its lock held, when n bytes of nc's queue went out.
func (p *pollers) onWritten(nc *nbio.Conn, _ []byte, n int) {
	if c, ok := nc.Session().(*Conn); ok {
		c.out.written(c, n)
	}
}

// start starts the pollers, unless stop came first. When it returns, all pollers run:
// nbio clears a poller's stop flag when the poller's goroutine begins, so a poller that is
// stopped before that never ends.
func (p *pollers) start() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil
	}
	if err := p.nb.Start(); err != nil {
		return fmt.Errorf("engine: start pollers: %w", err)
	}
	p.started = true
	if p.mailboxes, err = mailbox.NewMailboxes(p.nb, p.n); err != nil {
		return fmt.Errorf("engine: start pollers: %w", err)
	}
	for _, m := range p.mailboxes {
		running := make(chan struct{})
		m.Post(func() { close(running) })
		<-running
	}
	return nil
}

// stop stops the pollers if they were started: nbio panics if they were not.
func (p *pollers) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.started {
		p.nb.Stop()
	}
}

// run has c's poller run job soon.
func (p *pollers) run(c *Conn, job func()) {
	p.mailboxes[c.socket.nb.Hash()%p.n].Post(job)
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
