package wsclient

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"plenum/bench/clock"
	"plenum/bench/wsclient/internal/socket"
)

const (
	// readBuffer is the size of a loop's read buffer, and eventBatch the number of events per
	// wait.
	readBuffer = 256 << 10
	eventBatch = 256
)

// loop is one epoll instance with its clients and the goroutine that reads them.
type loop struct {
	// set at creation
	cfg   *Config
	index int // in the pool
	epoll int
	file  *os.File        // epoll, registered with the runtime's poller
	wait  syscall.RawConn // file's

	// owned by run
	buf    []byte
	raw    []byte // encrypted bytes of the current read, decrypted into buf
	events []unix.EpollEvent
	ready  []*Client // per event; nil if its client is closed
	spare  [][]byte  // empty tails for reuse
	now    tally     // counts of the current read
	at     int64     // time of the current read, Monotonic
	frame  []byte    // frame of the current message; nil: it had several
	held   HeldBack  // of its clients; owned by the pool's caller after run has ended

	inflated inflated

	mu      sync.Mutex
	clients []*Client // by descriptor
	stopped bool

	// atomic
	counters counters
}

func newLoop(cfg *Config, index int) (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that NewFile registers it with the poller
		unix.Close(fd)
		return nil, err
	}
	l := &loop{cfg: cfg, index: index, epoll: fd, file: os.NewFile(uintptr(fd), "epoll")}
	if err := l.file.SetReadDeadline(time.Time{}); err != nil { // an error: it was not registered
		l.file.Close()
		return nil, err
	}
	if l.wait, err = l.file.SyscallConn(); err != nil {
		l.file.Close()
		return nil, err
	}
	l.buf = make([]byte, readBuffer)
	l.raw = make([]byte, readSize)
	l.events = make([]unix.EpollEvent, eventBatch)
	l.ready = make([]*Client, eventBatch)
	return l, nil
}

// run serves the clients until stop is called.
func (l *loop) run() {
	for {
		n, err := l.poll()
		if err != nil { // the deadline set by stop
			l.end()
			return
		}
		begin := clock.Monotonic()
		l.lookup(n)
		for i, c := range l.ready[:n] {
			if c != nil {
				l.serve(c, l.events[i].Events)
			}
		}
		l.cfg.OnBatch(l.index, time.Duration(clock.Monotonic()-begin))
	}
}

// poll waits for events in the runtime's poller. A wait in epoll_wait would hold a processor of
// the Go scheduler, which senders and timers need, until the runtime takes it away.
func (l *loop) poll() (n int, err error) {
	err = l.wait.Read(func(fd uintptr) bool {
		var fault error
		n, fault = socket.EpollNow(int(fd), l.events)
		if fault != nil && fault != unix.EINTR {
			panic(fmt.Sprintf("bench: epoll_wait: %v", fault))
		}
		return n > 0
	})
	return n, err
}

// lookup finds the clients of the first n events. A client stays valid for the whole batch,
// because only the handling of its own event closes its socket.
func (l *loop) lookup(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.events[:n] {
		l.ready[i] = l.clients[e.Fd]
	}
}

func (l *loop) serve(c *Client, events uint32) {
	reads := events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0
	if events&unix.EPOLLOUT != 0 && c.flush() || reads {
		l.receive(c)
	}
}
