package accept

import (
	"container/list"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// conn is an accepted connection; it notes how its handshake went.
type conn struct {
	net.Conn

	// Set at creation.
	accepted time.Time
	tls      bool // encrypted: the HTTP bytes are not visible here

	// Owned by its goroutine, then by net/http.
	head          []byte    // bytes that were read already and that net/http is to read first
	due           time.Time // when the head must be whole; zero once net/http was told
	handshakeDone bool      // of TLS

	// Atomic.
	heard    atomic.Bool // it sent something
	begun    atomic.Bool // it sent a part of a request
	served   atomic.Bool // a request reached the handler
	timedOut atomic.Bool
	hijacked atomic.Bool // from net/http
	evicted  atomic.Bool // closed in favor of another one

	element *list.Element // guarded by Server.mu: in Server.halfOpen
}

func (c *conn) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		c.head = c.head[n:]
		c.noteBytes()
		return n, nil
	}
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.noteBytes()
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		again := c.timedOut.Swap(true) // net/http may try more than once, and sends nothing
		if !again && c.begun.Load() && !c.served.Load() && !c.tls {
			c.sendTimeout()
		}
	}
	return n, err
}

// noteBytes notes that something came. Over TLS it may be other than a part of a request.
func (c *conn) noteBytes() {
	c.heard.Store(true)
	if !c.tls {
		c.begun.Store(true)
	}
}

// sendTimeout tells a client that has begun a request that it took too long (RFC 9110 section
// 15.5.9).
func (c *conn) sendTimeout() {
	c.send([]byte("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
}

// answerTimeout bounds how long a client takes to read its answer.
const answerTimeout = time.Minute

func (c *conn) send(b []byte) {
	_ = c.SetWriteDeadline(time.Now().Add(answerTimeout))
	_, _ = c.Write(b) // the client may have gone
}

// SetReadDeadline is called by net/http, first for the request's head: the connection's own goroutine may have
// waited for a part of it already. Over TLS it is for the handshake first, then none, and
// then for the head: all are to be over when the head is due.
func (c *conn) SetReadDeadline(t time.Time) error {
	due := c.due
	if due.IsZero() {
		return c.Conn.SetReadDeadline(t)
	}
	if t.IsZero() {
		c.handshakeDone = true
	} else if c.handshakeDone || !c.tls {
		c.due = time.Time{}
	}
	if t.IsZero() || t.After(due) {
		t = due
	}
	return c.Conn.SetReadDeadline(t)
}

// CloseWrite sends FIN. net/http does so behind an answer to a request that it has not
// read to its end, and closes later: at once would be RST, which can overtake the answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
