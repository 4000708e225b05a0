// Package mailbox runs functions on the pollers of nbio. nbio itself has no call for that.
package mailbox

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/lesismal/nbio"
)

// TurnJob is work that a poller does after the events that it is handling. If Run returns true, it is called again after the
// poller has served other connections. A TurnJob must be comparable.
type TurnJob interface{ Run() (again bool) }

// Mailbox runs functions on one poller. Any goroutine may call Post, AfterTurn and Later. A round is one call of Readable.
//
// A Mailbox has a socket pair. One end is registered with the poller. A byte written to the other end wakes the poller.
type Mailbox struct {
	// Set at creation.
	conn *nbio.Conn // the poller's end
	wake int        // descriptor of the other end

	waiting atomic.Bool // there are jobs
	events  int         // events handled since the poller saw that jobs wait; owned by the poller

	mu     sync.Mutex
	jobs   []func()
	later  []func()  // run in the round after the next
	due    []func()  // run in the next round
	turns  []TurnJob // each at most once
	spare  []TurnJob // empty; its memory is used for the next turns
	closed bool
}

// NewMailboxes makes a Mailbox for each of n running pollers, in the order of their numbers.
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
	if !m.closed {
		m.jobs = append(m.jobs, job)
		m.notify()
	}
}

// AfterTurn makes the poller run job after the events that it is handling, unless job is waiting for that already. It
// does not wait. It returns false if the poller has stopped. There are few different jobs.
func (m *Mailbox) AfterTurn(job TurnJob) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	if !slices.Contains(m.turns, job) {
		m.turns = append(m.turns, job)
		m.notify()
	}
	return true
}

// Later makes the poller run job after it has handled all events that it has received from epoll by now. It does not wait.
// It returns false if the poller has stopped.
func (m *Mailbox) Later(job func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.later = append(m.later, job)
	m.notify()
	return true
}

// notify wakes the poller, unless it has been woken since the last run. m.mu is held.
func (m *Mailbox) notify() {
	if !m.waiting.Swap(true) {
		_, _ = syscall.Write(m.wake, []byte{0}) // if the socket is full, the poller has been woken already
	}
}

// Readable reads from nc, the poller's end of the socket pair, and runs the posted jobs. The poller calls it when nc is
// readable. buf is scratch memory.
func (m *Mailbox) Readable(nc *nbio.Conn, buf []byte) {
	for {
		if n, err := nc.Read(buf); n < len(buf) || err != nil {
			break
		}
	}
	m.run()
	m.runDue()
}

// runDue runs the jobs of Later that were waiting in the last round already. A job may have been posted since then, while the
// poller was handling the current batch: the events of one epoll_wait(2). Events of this batch may be left, so such a job waits
// for the next round. That round belongs to a later batch, because epoll reports a descriptor once per batch.
func (m *Mailbox) runDue() {
	m.mu.Lock()
	due := m.due
	m.due, m.later = m.later, nil
	if len(m.due) > 0 {
		m.notify()
	}
	m.mu.Unlock()
	for _, job := range due {
		job()
	}
}

// maxEvents is the number of events that a poller handles before it runs the jobs that wait. nbio takes up to 1,024 events
// from epoll at once. After many clients have connected at once, handling them takes tens of milliseconds.
const maxEvents = 64

// Handled is called by the poller after each event. It runs jobs that have waited for maxEvents events.
func (m *Mailbox) Handled() {
	if !m.waiting.Load() {
		return
	}
	if m.events++; m.events >= maxEvents {
		m.run()
	}
}

// run runs the jobs of Post and AfterTurn that are waiting. It is called by the poller.
func (m *Mailbox) run() {
	m.mu.Lock()
	jobs, turns := m.jobs, m.turns
	m.jobs, m.turns, m.spare = nil, m.spare, nil
	m.waiting.Store(false)
	m.events = 0
	m.mu.Unlock()
	for _, job := range jobs {
		job()
	}
	for _, job := range turns {
		if job.Run() {
			m.AfterTurn(job)
		}
	}
	clear(turns)
	m.mu.Lock()
	m.spare = turns[:0]
	m.mu.Unlock()
}

// Close closes the descriptor of the other end, runs the jobs of Later, and drops all other jobs. Call it when nbio has closed
// the poller's end. It may be called twice.
func (m *Mailbox) Close() {
	m.mu.Lock()
	due := append(m.due, m.later...)
	m.due, m.later = nil, nil
	if !m.closed {
		m.closed = true
		_ = syscall.Close(m.wake)
	}
	m.mu.Unlock()
	for _, job := range due {
		job()
	}
}
