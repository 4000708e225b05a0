package engine

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/mempool"

	"plenum/engine/internal/accept"
	"plenum/engine/internal/adopt"
	"plenum/engine/internal/mailbox"
	"plenum/engine/internal/yield"
)

// pollers are the epoll loops of an Engine.
type pollers struct {
	// Set at creation.
	n           int
	descriptors int // the pollers can use descriptors below this number
	nb          *nbio.Engine
	logger      *slog.Logger
	began       time.Time // the zero of yielder.at
	yielders    []yielder // one per poller

	mailboxes []*mailbox.Mailbox // one per poller; set by start
	adopt     *adopt.Pollers     // set by start; nil if package adopt does not fit nbio

	mu      sync.Mutex
	started bool
	stopped bool // start does nothing any more
}

// init makes n epoll loops, which are not running yet. They are edge-triggered, so that a paused connection costs
// nothing: see doc_internals.go.
func (p *pollers) init(n, descriptors int, logger *slog.Logger) {
	p.n, p.descriptors, p.logger, p.began, p.yielders = n, descriptors, logger, time.Now(), make([]yielder, n)
	p.nb = nbio.NewEngine(nbio.Config{
		NPoller:  n,
		EpollMod: nbio.EPOLLET,
		// The default pool returns buffers of at least 1 KiB. The pieces that the engine queues are smaller.
		BodyAllocator: mempool.NewAligned(),
	})
	p.nb.OnRead(p.onRead)
	if err := adopt.CloseSync(p.nb, p.onClose); err != nil {
		p.warn(err)
		p.nb.OnClose(func(nc *nbio.Conn, _ error) { p.onClose(nc) })
	}
	p.nb.OnWrittenSize(p.onWritten)
}

func (p *pollers) warn(err error) {
	p.logger.Warn("nbio: this version is not supported fully, opening and closing connections costs more processor time: report this bug", "error", err)
}

// onRead is called by nbio, on the poller, when nc is readable.
func (p *pollers) onRead(nc *nbio.Conn) {
	switch s := nc.Session().(type) {
	case *Conn:
		s.reader.readable(s)
	case *mailbox.Mailbox:
		s.Readable(nc, *p.nb.PollerBufferPtr(nc))
	case accept.Session:
		adopt.Acquire()
		if !s.Readable(nc) {
			break
		}
		if c, upgraded := nc.Session().(*Conn); upgraded {
			c.reader.readable(c)
		}
	}
	if p.mailboxes != nil { // nil while pollers.start makes them
		p.mailboxes[p.of(nc)].Handled()
	}
	p.yieldSometimes(nc)
}

// onClose is called by nbio when nc is closed, on the goroutine that closes it, which may hold locks. So a connection is
// finished by the holder of its turn, or by a job of its poller.
func (p *pollers) onClose(nc *nbio.Conn) {
	switch s := nc.Session().(type) {
	case *Conn:
		if p.adopt != nil && !s.reader.turn.inEvent() {
			p.closeLater(s, nc)
		}
		if s.reader.turn.close() {
			p.run(s, s.finish)
		}
	case *mailbox.Mailbox:
		s.Close()
	case accept.Session:
		s.Closed()
	}
}

// closeLater keeps the descriptor of c open until the poller has handled the events that it has received. Otherwise a new
// connection could get the same number while an event of c is pending. If the poller has stopped, closeLater closes the
// descriptor at once.
func (p *pollers) closeLater(c *Conn, nc *nbio.Conn) {
	fd, err := p.adopt.Keep(nc)
	if err != nil { // nbio closes it
		return
	}
	if closing := func() { _ = syscall.Close(fd) }; !p.mailbox(c).Later(closing) {
		closing()
	}
}

// onWritten is called by nbio, with its lock held, when n bytes of nc's queue have been written.
func (p *pollers) onWritten(nc *nbio.Conn, _ []byte, n int) {
	if c, ok := nc.Session().(*Conn); ok {
		c.out.written(c, n)
	}
}

// start starts the pollers, unless stop was called before. When it returns, all pollers are running. This matters for
// stop: nbio clears a poller's stop flag when the poller's goroutine begins, so a poller that is stopped earlier would
// never end.
func (p *pollers) start() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil
	}
	if err := p.startNbio(); err != nil {
		return fmt.Errorf("engine: start pollers: %w", err)
	}
	p.started = true
	var unfit error
	if p.adopt, unfit = adopt.New(p.nb, p.descriptors); unfit != nil {
		p.adopt = nil
		p.warn(unfit)
	}
	if p.mailboxes, err = mailbox.NewMailboxes(p.nb, p.n); err != nil {
		return fmt.Errorf("engine: start pollers: %w", err)
	}
	for _, m := range p.mailboxes { // Post makes p.adopt and p.mailboxes visible to the poller
		running := make(chan struct{})
		m.Post(func() { close(running) })
		<-running
	}
	return nil
}

// tableSize guards nbio.MaxOpenFiles.
var tableSize sync.Mutex

// startNbio starts nbio with a table for p.descriptors. nbio reads the size of the table from a global variable, once.
func (p *pollers) startNbio() error {
	tableSize.Lock()
	defer tableSize.Unlock()
	defer func(old int) { nbio.MaxOpenFiles = old }(nbio.MaxOpenFiles)
	nbio.MaxOpenFiles = p.descriptors
	return p.nb.Start()
}

// stop stops the pollers. If they were not started, it must not call nbio, which would panic.
func (p *pollers) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.started {
		p.nb.Stop()
	}
}

// take duplicates the descriptor of nc, closes nc, and returns a Conn for the duplicate. The Conn is not registered yet.
func (p *pollers) take(nc *net.TCPConn) (*nbio.Conn, error) {
	if p.adopt == nil {
		return nbio.NBConn(nc)
	}
	return p.adopt.Take(nc)
}

// run posts job to the poller of c. It does not wait for it.
func (p *pollers) run(c *Conn, job func()) { p.mailbox(c).Post(job) }

// mailbox returns the mailbox of c's poller.
func (p *pollers) mailbox(c *Conn) *mailbox.Mailbox { return p.mailboxes[p.of(c.socket.nb)] }

// of returns the number of the poller of nc.
func (p *pollers) of(nc *nbio.Conn) int {
	if p.adopt == nil {
		return nc.Hash() % p.n
	}
	return p.adopt.Of(nc)
}

// yieldAfter is less than the time after which the Go runtime treats a goroutine as one that monopolizes its processor.
const yieldAfter = 4 * time.Millisecond

// yielder records when a poller has last yielded its processor. The poller owns it.
type yielder struct {
	at time.Duration // since pollers.began
	_  [56]byte      // a cache line for each poller
}

// yieldSometimes yields the processor if the poller of c has not yielded it for yieldAfter. The poller calls it after each
// event. The Go runtime treats a poller that does not yield for 10 ms as a goroutine that monopolizes its processor. The
// runtime's monitor then retakes the processor during each system call, and polls every 20 µs for a millisecond after that.
func (p *pollers) yieldSometimes(c *nbio.Conn) {
	y := &p.yielders[p.of(c)]
	if now := time.Since(p.began); now-y.at >= yieldAfter {
		y.at = now
		yield.Processor()
	}
}
