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

// handshake is an accepted connection until its first request is answered. It is
// owned by one goroutine. It reads a plain WebSocket handshake and serves it, as its
// http.ResponseWriter. Everything else goes to net/http, together with the bytes that were read.
//
// net/http alone would do, but it keeps a connection's buffers, contexts and
// goroutines, all of which an upgrade throws away at once: that took a third more
// processor time.
//
// If a handler does not upgrade, the client gets the answer that net/http would give, but the answer is
// sent when the handler returns, with Connection: close, and Request.Context ends then or when
// the Server stops, not when the client goes.
type handshake struct {
	conn   *conn
	server *Server
	passed bool // upgraded, hijacked, or net/http's

	buf  *[maxHead]byte // of headPool; nil while nothing has come
	have int            // bytes of buf read
	size int            // of the request's head in buf

	header    http.Header
	status    int         // 0: not set yet
	committed http.Header // header, as it was when status was set
	body      bytes.Buffer
	tooLong   bool
}

var headPool = sync.Pool{New: func() any { return new([maxHead]byte) }}

// serve is c's goroutine.
func (l *listener) serve(c *conn) {
	s := l.server
	h := &handshake{conn: c, server: s}
	defer h.end()
	due := c.accepted.Add(s.cfg.HandshakeTimeout)
	r, err := h.read(due)
	switch {
	case r != nil:
		h.serve(r)
	case err == nil, h.have > 0 && errors.Is(err, io.EOF):
		c.due = due
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

// end closes the connection, unless somebody else owns it now.
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

func (h *handshake) release() {
	if h.buf != nil {
		headPool.Put(h.buf)
		h.buf = nil
	}
}

// read reads until a handshake is whole. If it returns neither a request nor an error, the bytes are not
// plainly a handshake.
func (h *handshake) read(due time.Time) (*http.Request, error) {
	tcp, ok := h.conn.Conn.(*net.TCPConn)
	if !ok || h.conn.tls {
		return nil, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := tcp.SetReadDeadline(due); err != nil {
		return nil, err
	}
	for {
		var fault error
		before := h.have
		if err := raw.Read(func(fd uintptr) bool {
			fault = h.readSome(int(fd))
			return !errors.Is(fault, syscall.EAGAIN)
		}); err != nil {
			return nil, err
		}
		if fault != nil {
			return nil, fault
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

// readSome reads once. It keeps no buffer if nothing has come.
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

// serve gives r to the handler. If the handler has not upgraded, it sends the handler's answer.
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

// hijack gives the connection up. early is valid until the handler returns.
func (h *handshake) hijack() (socket net.Conn, early []byte, err error) {
	if h.passed {
		return nil, nil, http.ErrHijacked
	}
	h.passed = true
	h.server.remove(h.conn)
	return h.conn, h.buf[h.size:h.have], nil
}

// Hijack is for http.Hijacker. A status 101 that was set before is sent.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket, early, err := h.hijack()
	if err != nil {
		return nil, nil, err
	}
	if h.status == http.StatusSwitchingProtocols {
		h.sendSwitching()
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), socket), maxHead)
	if _, err := r.Peek(len(early)); err != nil { // it is all there
		return nil, nil, errors.Join(err, socket.Close())
	}
	return socket, bufio.NewReadWriter(r, bufio.NewWriter(socket)), socket.SetDeadline(time.Time{})
}
