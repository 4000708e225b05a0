package engine

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/lesismal/nbio"
)

// mailbox runs functions on one poller. Any goroutine may post.
//
// nbio has no call for that. A mailbox is one end of a socket pair that belongs to the
// poller; a byte written to the other end wakes it.
type mailbox struct {
	// Set at creation.
	conn *nbio.Conn // the poller's end
	wake int        // descriptor of the other end

	mu     sync.Mutex
	jobs   []func()
	closed bool
}

// newMailboxes makes a mailbox for each of n running pollers.
func newMailboxes(nb *nbio.Engine, n int) ([]*mailbox, error) {
	boxes := make([]*mailbox, n)
	var spare []*nbio.Conn // each keeps one descriptor, so that the next mailbox gets the number above
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
		if i := m.conn.Hash() % n; boxes[i] == nil { // as nbio assigns a connection to a poller
			boxes[i] = m
			missing--
			continue
		}
		m.close()
		spare = append(spare, m.conn)
	}
	for _, m := range boxes {
		if _, err := nb.AddConn(m.conn); err != nil {
			return nil, err
		}
	}
	return boxes, nil
}

func newMailbox() (*mailbox, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	m := &mailbox{wake: fds[1]}
	file := os.NewFile(uintptr(fds[0]), "mailbox")
	socket, err := net.FileConn(file) // a duplicate
	err = errors.Join(err, file.Close())
	if err == nil {
		m.conn, err = nbio.NBConn(socket) // closes socket
	}
	if err != nil {
		m.close()
		return nil, err
	}
	m.conn.SetSession(m)
	return m, nil
}

// post has the poller run job soon, after the jobs posted before. A job that is posted to a
// poller that has stopped is dropped.
func (m *mailbox) post(job func()) {
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

// open runs the jobs. It is the poller's; nc is the mailbox's connection, buf is scratch.
func (m *mailbox) open(nc *nbio.Conn, buf []byte) {
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

// close gives the descriptor back.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		_ = syscall.Close(m.wake)
	}
}
