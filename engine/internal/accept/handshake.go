package accept

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// handshake is an accepted connection until its first request is answered. One goroutine owns it. It reads a plain
// WebSocket handshake and serves it, as the http.ResponseWriter. It passes every other connection to net/http, together
// with the bytes that were read.
//
// net/http could serve the handshakes too. But it allocates buffers, contexts and goroutines for each connection, which
// an upgrade discards at once. That takes a third more processor time.
//
// If a handler does not upgrade, the client gets the response that net/http would send, with two differences. The
// response is sent when the handler returns, with Connection: close. Request.Context ends when the handler returns or
// when the Server stops, not when the client leaves.
type handshake struct {
	conn   *conn
	server *Server
	passed bool // hijacked, or passed to net/http

	buf  *[maxHead]byte // from headPool; nil until bytes are received
	have int            // number of bytes read into buf
	size int            // length of the request's head in buf

	header    http.Header
	status    int         // 0: not set yet
	committed http.Header // copy of header, taken when status was set
	body      bytes.Buffer
	tooLong   bool // body exceeds maxAnswer
}

var headPool = sync.Pool{New: func() any { return new([maxHead]byte) }}

// serve runs on the goroutine of c. It reads the first request, and serves it or passes c to net/http.
func (l *listener) serve(c *conn) {
	s := l.server
	h := &handshake{conn: c, server: s}
	defer h.end()
	deadline := c.accepted.Add(s.cfg.HandshakeTimeout)
	r, err := h.read(deadline)
	switch {
	case r != nil:
		h.serve(r)
	case err == nil, h.have > 0 && errors.Is(err, io.EOF):
		c.headDeadline = deadline
		if h.have > 0 {
			c.head = bytes.Clone(h.buf[:h.have])
		}
		h.passed = l.pass(accepted{conn: c})
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.refused(TimedOut, c, err)
		if h.have > 0 {
			c.sendTimeout()
		}
	case h.have > 0 && errors.Is(err, syscall.ECONNRESET):
		s.refused(BadRequest, c, err)
	}
}

// end closes the connection, unless it was hijacked or passed to net/http. It recovers from a panic of the handler.
func (h *handshake) end() {
	if v := recover(); v != nil && v != any(http.ErrAbortHandler) {
		h.server.cfg.Logger.Error(panicked, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	}
	h.release()
	if !h.passed {
		_ = h.conn.Close()
		h.server.remove(h.conn)
	}
}

// release returns buf to the pool.
func (h *handshake) release() {
	if h.buf != nil {
		headPool.Put(h.buf)
		h.buf = nil
	}
}

// read reads the head of a request, until deadline. It returns neither a request nor an error if net/http must serve
// the connection.
func (h *handshake) read(deadline time.Time) (*http.Request, error) {
	tcp, ok := h.conn.Conn.(*net.TCPConn)
	if !ok || h.conn.tls {
		return nil, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := tcp.SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	for {
		var readErr error
		before := h.have
		if err := raw.Read(func(fd uintptr) bool {
			readErr = h.readSome(int(fd))
			return !errors.Is(readErr, syscall.EAGAIN)
		}); err != nil {
			return nil, err
		}
		if readErr != nil {
			return nil, readErr
		}
		if h.have == before {
			return nil, io.EOF
		}
		size, plain := findEnd(h.buf[:h.have])
		if size > 0 {
			h.size = size
			return parseHandshake(h.buf[:size]), nil
		}
		if !plain || h.have == maxHead {
			return nil, nil
		}
	}
}

// readSome reads once. If no byte has been received so far, it keeps no buffer.
func (h *handshake) readSome(fd int) error {
	if h.buf == nil {
		h.buf = headPool.Get().(*[maxHead]byte)
	}
	for {
		n, err := syscall.Read(fd, h.buf[h.have:])
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		h.have += max(n, 0)
		if h.have == 0 {
			h.release()
		}
		return err
	}
}

// serve calls the handler with r. If the handler has not hijacked the connection, serve sends the handler's response.
func (h *handshake) serve(r *http.Request) {
	h.conn.served.Store(true)
	h.server.move(h.conn, h.server.serving)
	h.handle(r)
	if !h.passed {
		h.answer(r)
	}
}

// handle calls the handler. The context of the request ends when the handler returns.
func (h *handshake) handle(r *http.Request) {
	ctx, cancel := context.WithCancel(h.server.base)
	defer cancel()
	r = r.WithContext(context.WithValue(ctx, http.LocalAddrContextKey, h.conn.LocalAddr()))
	r.RemoteAddr = h.conn.RemoteAddr().String()
	h.server.handler.ServeHTTP(h, r)
}

// hijack hands the connection over. early is the bytes that were read after the request's head; it is valid until the
// handler returns.
func (h *handshake) hijack() (socket net.Conn, early []byte, err error) {
	if h.passed {
		return nil, nil, http.ErrHijacked
	}
	h.passed = true
	h.server.remove(h.conn)
	return h.conn, h.buf[h.size:h.have], nil
}

// Hijack implements http.Hijacker. If the handler has set the status 101 before, Hijack sends it.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket, early, err := h.hijack()
	if err != nil {
		return nil, nil, err
	}
	if h.status == http.StatusSwitchingProtocols {
		h.sendSwitching()
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), socket), maxHead)
	if _, err := r.Peek(len(early)); err != nil { // all of early is there
		return nil, nil, errors.Join(err, socket.Close())
	}
	return socket, bufio.NewReadWriter(r, bufio.NewWriter(socket)), socket.SetDeadline(time.Time{})
}
