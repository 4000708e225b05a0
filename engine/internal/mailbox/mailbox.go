// Package mailbox runs functions on the pollers of nbio. nbio itself has no call for that.
package mailbox

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/lesismal/nbio"
)

// Mailbox runs functions on one poller. Any goroutine may call Post.
//
// A Mailbox has a socket pair. One end is registered with the poller. A byte written to the other end wakes the poller.
type Mailbox struct {
	// Set at creation.
	conn *nbio.Conn // the poller's end
	wake int        // descriptor of the other end

	mu     sync.Mutex
	jobs   []func()
	closed bool
}

// NewMailboxes makes a Mailbox for each of n running pollers. The poller of a connection with descriptor fd has the
// Mailbox at the index fd modulo n.
func NewMailboxes(nb *nbio.Engine, n int) ([]*Mailbox, error) {
	boxes := make([]*Mailbox, n)
	var spare []*nbio.Conn // each occupies a descriptor, so that the next mailbox gets another number
	defer func() {
		for _, c := range spare {
			_ = c.Close()
		}
	}()
	for missing := n; missing > 0; {
		m, err := newMailbox()
		if err != nil {
			return nil, err
		}
		if i := m.conn.Hash() % n; boxes[i] == nil { // nbio assigns a connection to a poller in the same way
			boxes[i] = m
			missing--
			continue
		}
		m.Close()
		spare = append(spare, m.conn)
	}
	for _, m := range boxes {
		if _, err := nb.AddConn(m.conn); err != nil {
			return nil, err
		}
	}
	return boxes, nil
}

func newMailbox() (*Mailbox, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	m := &Mailbox{wake: fds[1]}
	file := os.NewFile(uintptr(fds[0]), "mailbox")
	socket, err := net.FileConn(file) // a duplicate
	err = errors.Join(err, file.Close())
	if err == nil {
		m.conn, err = nbio.NBConn(socket) // closes socket
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	m.conn.SetSession(m)
	return m, nil
}

// Post makes the poller run job, after the jobs that were posted before. It does not wait. If the poller has stopped,
// job is dropped.
func (m *Mailbox) Post(job func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.jobs = append(m.jobs, job)
	if len(m.jobs) == 1 {
		_, _ = syscall.Write(m.wake, []byte{0}) // if the socket is full, the poller has been woken already
	}
}

// RunJobs runs the posted jobs. The poller calls it when nc, its end of the socket pair, is readable. buf is scratch
// memory.
func (m *Mailbox) RunJobs(nc *nbio.Conn, buf []byte) {
	for {
		if n, err := nc.Read(buf); n <= 0 || err != nil {
			break
		}
	}
	m.mu.Lock()
	jobs := m.jobs
	m.jobs = nil
	m.mu.Unlock()
	for _, job := range jobs {
		job()
	}
}

// Close closes the descriptor of the other end. Call it when nbio has closed the poller's end. It may be called twice.
func (m *Mailbox) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		_ = syscall.Close(m.wake)
	}
}
