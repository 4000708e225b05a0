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
	readBuffer = 256 << 10
	eventBatch = 256
)

// loop is one epoll instance, its clients and the goroutine that reads them.
type loop struct {
	// set at creation
	cfg   *Config
	index int // in the pool
	epoll int
	file  *os.File        // epoll, known to the runtime's poller
	wait  syscall.RawConn // file's

	// owned by run
	buf    []byte
	raw    []byte // what buf is made of, of a client with TLS
	events []unix.EpollEvent
	ready  []*Client // of events, nil where its client has gone
	spare  [][]byte  // emptied tails
	now    tally     // of the read being handled
	at     int64     // when it was done, Monotonic
	frame  []byte    // of the message being delivered; nil: it had several
	held   HeldBack  // of its clients; after it has ended, the pool's caller's

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
	if err := unix.SetNonblock(fd, true); err != nil { // so that NewFile takes it for pollable
		unix.Close(fd)
		return nil, err
	}
	l := &loop{cfg: cfg, index: index, epoll: fd, file: os.NewFile(uintptr(fd), "epoll")}
	if err := l.file.SetReadDeadline(time.Time{}); err != nil { // not pollable
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

// run serves the clients until stop.
func (l *loop) run() {
	for {
		n, err := l.poll()
		if err != nil { // the deadline that stop sets
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

// poll waits for events in the runtime's poller, not in epoll_wait, which would
// hold the processor of publishers and timers until sysmon takes it away.
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

// lookup finds the clients of the first n events. A client found here stays
// valid for the batch: only its own event closes its socket.
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
