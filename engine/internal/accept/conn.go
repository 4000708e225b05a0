package accept

import (
	"container/list"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// conn is an accepted connection. It records how far its handshake has come.
type conn struct {
	net.Conn

	// Set at creation.
	accepted time.Time
	tls      bool // encrypted: the HTTP bytes are not visible on this level

	// Owned by its goroutine, then by net/http.
	head          []byte    // bytes read already, which net/http must read first
	headDeadline  time.Time // for the complete head of the first request; zero after net/http has set its own
	handshakeDone bool      // the TLS handshake is done

	// Atomic.
	heard    atomic.Bool // bytes were received
	begun    atomic.Bool // a part of a request was received
	served   atomic.Bool // a request reached the handler
	timedOut atomic.Bool
	hijacked atomic.Bool // taken over from net/http
	evicted  atomic.Bool // closed because there were too many half-open connections

	element *list.Element // guarded by Server.mu: its element in Server.halfOpen, or nil
}

// Read reads head first, then from the socket. If the deadline passes after a part of the first request was received,
// Read answers 408.
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
		again := c.timedOut.Swap(true) // net/http may read again; it sends no 408 itself
		if !again && c.begun.Load() && !c.served.Load() && !c.tls {
			c.sendTimeout()
		}
	}
	return n, err
}

// noteBytes records that bytes were received. With TLS they need not belong to a request.
func (c *conn) noteBytes() {
	c.heard.Store(true)
	if !c.tls {
		c.begun.Store(true)
	}
}

// sendTimeout answers an incomplete request with 408 (RFC 9110 section 15.5.9).
func (c *conn) sendTimeout() {
	c.send([]byte("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
}

// answerTimeout bounds the time that a client may take to read a response.
const answerTimeout = time.Minute

func (c *conn) send(b []byte) {
	_ = c.SetWriteDeadline(time.Now().Add(answerTimeout))
	_, _ = c.Write(b) // an error means that the client has left
}

// SetReadDeadline is called by net/http. The first deadline is for the head of the request. With TLS, net/http sets a
// deadline for the TLS handshake, then none, then one for the head. SetReadDeadline limits all of these to
// headDeadline, because the goroutine of the connection may have spent a part of that time already.
func (c *conn) SetReadDeadline(t time.Time) error {
	deadline := c.headDeadline
	if deadline.IsZero() {
		return c.Conn.SetReadDeadline(t)
	}
	if t.IsZero() {
		c.handshakeDone = true
	} else if c.handshakeDone || !c.tls {
		c.headDeadline = time.Time{}
	}
	if t.IsZero() || t.After(deadline) {
		t = deadline
	}
	return c.Conn.SetReadDeadline(t)
}

// CloseWrite sends FIN. net/http calls it after a response to a request whose body it has not read completely, and
// closes the connection later. Closing at once would send RST, and the client might lose the response.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
