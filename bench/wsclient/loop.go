package wsclient

import (
	"fmt"
	"runtime"
	"sync"
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
	// busyWait is the time in milliseconds after which a loop counts as idle.
	busyWait = 20
)

// loop is one epoll instance with its clients and the goroutine that reads them.
type loop struct {
	// set at creation
	cfg   *Config
	index int // in the pool
	epoll int
	wake  int // eventfd in epoll; stop makes it readable

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
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, err
	}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(wake)}); err != nil {
		unix.Close(wake)
		unix.Close(epoll)
		return nil, err
	}
	return &loop{
		cfg: cfg, index: index, epoll: epoll, wake: wake,
		buf: make([]byte, readBuffer), raw: make([]byte, readSize),
		events: make([]unix.EpollEvent, eventBatch), ready: make([]*Client, eventBatch),
	}, nil
}

// run serves the clients until stop is called. It keeps its thread. So an event wakes the loop
// itself, and no other goroutine is in between.
func (l *loop) run() {
	runtime.LockOSThread() // never unlocked: the thread ends with the loop
	for {
		n := l.poll()
		begin := clock.Monotonic()
		if !l.lookup(n) {
			l.end()
			return
		}
		for i, c := range l.ready[:n] {
			if c != nil {
				l.serve(c, l.events[i].Events)
			}
		}
		l.cfg.OnBatch(l.index, time.Duration(clock.Monotonic()-begin))
	}
}

// poll waits for events. It waits for busyWait without telling Go's scheduler, and then with an
// ordinary system call. So the thread of a busy loop keeps its processor of the scheduler, which
// the pool has added for it. Otherwise the scheduler's monitor would wake up every 20 µs to take
// that processor away, which took as much as a tenth of a core. The runtime stops a goroutine by a
// signal, for a collection for example. The signal ends either wait.
func (l *loop) poll() int {
	for {
		n, err := socket.EpollWait(l.epoll, l.events, busyWait)
		if n == 0 && err == nil {
			n, err = unix.EpollWait(l.epoll, l.events, -1)
		}
		if err == nil {
			return n
		}
		if err != unix.EINTR {
			panic(fmt.Sprintf("bench: epoll_wait: %v", err))
		}
	}
}

// lookup finds the clients of the first n events. A client stays valid for the whole batch,
// because only the handling of its own event closes its socket. running is false after stop.
func (l *loop) lookup(n int) (running bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.events[:n] {
		l.ready[i] = nil
		if int(e.Fd) < len(l.clients) { // else it is wake
			l.ready[i] = l.clients[e.Fd]
		}
	}
	return !l.stopped
}

func (l *loop) serve(c *Client, events uint32) {
	reads := events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0
	if events&unix.EPOLLOUT != 0 && c.flush() || reads {
		l.receive(c)
	}
}
