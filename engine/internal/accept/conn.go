package accept

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/lesismal/nbio"
	"golang.org/x/sys/unix"
)

// conn is an accepted connection. It records how much of its first request has arrived. It is garbage after the handshake. Its
// size is in another size class of the allocator than that of nbio.Conn. Otherwise idle connections and garbage would share
// pages, and the memory of the garbage would not return to the system.
type conn struct {
	net.Conn // nil while the connection is on a poller

	// Set at creation.
	server   *Server
	accepted time.Time
	from     netip.AddrPort // the peer, if a poller has accepted the connection

	// Owned by the poller, then by net/http.
	nc            *nbio.Conn // nil if the connection is on no poller; written with Server.mu held
	head          []byte     // bytes read already; net/http must read them first
	headDeadline  time.Time  // for the complete head of the first request; zero after net/http has set its own
	handshakeDone bool       // the TLS handshake is done

	tls bool // set at creation; encrypted: the HTTP bytes are not visible on this level

	// Atomic.
	heard    atomic.Bool // bytes were received
	begun    atomic.Bool // a part of a request was received
	served   atomic.Bool // a request reached the handler
	timedOut atomic.Bool
	hijacked atomic.Bool // taken over from net/http
	evicted  atomic.Bool // closed because there were too many half-open connections

	// Guarded by Server.mu.
	prev, next *conn // in Server.halfOpen
	queued     bool  // in Server.halfOpen
	removed    bool  // not counted in Server.pending any more
	ended      ended
}

// ended says why the Server has ended a half-open connection of a poller. The poller closes it.
type ended uint8

const (
	notEnded ended = iota
	endedSilently
	endedByTimeout
)

// address returns the address of the peer.
func (c *conn) address() string {
	if c.from.IsValid() {
		return c.from.String()
	}
	return c.RemoteAddr().String()
}

// localAddr returns the local address of the socket, also if the connection is on a poller. It is nil if it is not known.
func (c *conn) localAddr() net.Addr {
	if c.Conn != nil {
		return c.LocalAddr()
	}
	switch a, _ := unix.Getsockname(c.nc.Hash()); a := a.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	}
	return nil
}

// Close closes the connection. If it is registered with a poller, only that poller may call Close.
func (c *conn) Close() error {
	if c.nc != nil {
		return c.nc.Close()
	}
	return c.Conn.Close()
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

// Write returns an error if the request has timed out, so that net/http sends no response after the 408.
func (c *conn) Write(b []byte) (int, error) {
	if c.timedOut.Load() && !c.served.Load() && !c.tls {
		return 0, os.ErrDeadlineExceeded
	}
	return c.Conn.Write(b)
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
	c.send([]byte(requestTimeout))
}

const requestTimeout = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// answerTimeout bounds the time that a client may take to read a response.
const answerTimeout = time.Minute

func (c *conn) send(b []byte) {
	_ = c.SetWriteDeadline(time.Now().Add(answerTimeout))
	_, _ = c.Conn.Write(b) // an error means that the client has left
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
