package engine

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"syscall"

	"github.com/lesismal/nbio"
)

// startPollers starts them, unless Shutdown came first.
func (e *Engine) startPollers() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return nil
	}
	if err := e.nb.Start(); err != nil {
		return fmt.Errorf("engine: start pollers: %w", err)
	}
	e.started = true
	return nil
}

// stopPollers stops them, if they were started: nbio panics where they were not.
func (e *Engine) stopPollers() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	if e.started {
		e.awaitPollers()
		e.nb.Stop()
	}
}

// probe is the session of a socket whose peer has gone; it is closed when the
// socket's poller has seen that.
type probe chan struct{}

// awaitPollers waits until every poller is at work. nbio clears a poller's stop
// flag when its goroutine begins, so one that is stopped before that never ends.
func (e *Engine) awaitPollers() {
	sockets := make([]*nbio.Conn, e.cfg.Pollers)
	var spare []*nbio.Conn // each holds its number, so that the next one gets another
	for missing := len(sockets); missing > 0; {
		c, err := newProbe()
		if err != nil {
			break // no descriptor is left: the pollers have had work enough
		}
		if i := c.Hash() % len(sockets); sockets[i] == nil { // as nbio assigns them
			sockets[i] = c
			missing--
			continue
		}
		spare = append(spare, c)
	}
	for _, c := range spare {
		_ = c.Close()
	}
	for _, c := range sockets {
		if c == nil {
			continue
		}
		seen := make(probe)
		c.SetSession(seen)
		if _, err := e.nb.AddConn(c); err == nil {
			<-seen
		}
	}
}

func newProbe() (*nbio.Conn, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	_ = syscall.Close(fds[1])
	file := os.NewFile(uintptr(fds[0]), "probe")
	defer func() { _ = file.Close() }()
	socket, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	c, err := nbio.NBConn(socket)
	if err != nil {
		_ = socket.Close()
	}
	return c, err
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
