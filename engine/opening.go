package engine

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

// opening is an accepted connection until its first request is answered. It is
// owned by one goroutine. It reads a plain WebSocket handshake and serves it, as its
// http.ResponseWriter; whatever else comes is net/http's, together with what was read.
//
// net/http alone would do, but it keeps a connection's buffers, contexts and
// goroutines for what an upgrade throws away at once: that took a third more
// processor time.
//
// A handler that does not upgrade is answered for as by net/http, but the answer is
// sent when it returns, with Connection: close, and Request.Context ends then or when
// the engine stops, not when the client goes.
type opening struct {
	conn  *frontConn
	front *front
	gone  bool // upgraded, hijacked, or net/http's

	buf  *[maxHead]byte // of heads; nil while nothing has come
	have int            // bytes of buf read
	size int            // of the request's head in buf

	header  http.Header
	status  int         // 0: not said yet
	said    http.Header // header, as it was when status was said
	body    bytes.Buffer
	tooLong bool
}

var heads = sync.Pool{New: func() any { return new([maxHead]byte) }}

// begin is c's goroutine.
func (l *frontListener) begin(c *frontConn) {
	o := &opening{conn: c, front: l.front}
	defer o.end()
	due := c.accepted.Add(l.front.engine.cfg.HandshakeTimeout)
	r, err := o.read(due)
	e := l.front.engine
	switch {
	case r != nil:
		o.serve(r)
	case err == nil, o.have > 0 && errors.Is(err, io.EOF):
		c.due = due
		if o.have > 0 {
			c.head = bytes.Clone(o.buf[:o.have])
		}
		o.gone = l.hand(accepted{conn: c})
	case errors.Is(err, os.ErrDeadlineExceeded):
		e.turnAway(RefusedTimeout, c.RemoteAddr().String(), err)
		if o.have > 0 {
			c.sayTimeout()
		}
	case o.have > 0 && errors.Is(err, syscall.ECONNRESET):
		e.turnAway(RefusedRequest, c.RemoteAddr().String(), err)
	}
}

// end closes the connection, unless it is somebody else's now.
func (o *opening) end() {
	if v := recover(); v != nil && v != any(http.ErrAbortHandler) {
		o.front.engine.cfg.Logger.Error("handler panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	}
	o.release()
	if !o.gone {
		_ = o.conn.Close()
		o.front.leave(o.conn)
	}
}

func (o *opening) release() {
	if o.buf != nil {
		heads.Put(o.buf)
		o.buf = nil
	}
}

// read reads until a handshake is whole. Without one or an error, what came is not
// plainly a handshake.
func (o *opening) read(due time.Time) (*http.Request, error) {
	tcp, ok := o.conn.Conn.(*net.TCPConn)
	if !ok || o.conn.secret {
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
		before := o.have
		if err := raw.Read(func(fd uintptr) bool {
			fault = o.readSome(int(fd))
			return !errors.Is(fault, syscall.EAGAIN)
		}); err != nil {
			return nil, err
		}
		if fault != nil {
			return nil, fault
		}
		if o.have == before {
			return nil, io.EOF
		}
		size, plain := findEnd(o.buf[:o.have])
		if size > 0 {
			o.size = size
			return parseHandshake(o.buf[:size]), nil
		}
		if !plain || o.have == maxHead {
			return nil, nil
		}
	}
}

// readSome reads once. It keeps no buffer where nothing has come.
func (o *opening) readSome(fd int) error {
	if o.buf == nil {
		o.buf = heads.Get().(*[maxHead]byte)
	}
	for {
		n, err := syscall.Read(fd, o.buf[o.have:])
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		o.have += max(n, 0)
		if o.have == 0 {
			o.release()
		}
		return err
	}
}

// serve gives r to the handler and, where that has not upgraded, sends its answer.
func (o *opening) serve(r *http.Request) {
	o.conn.served.Store(true)
	o.front.move(o.conn, o.front.serving)
	o.handle(r)
	if !o.gone {
		o.answer(r)
	}
}

// handle is the handler's time, with which the context of its request ends.
func (o *opening) handle(r *http.Request) {
	ctx, cancel := context.WithCancel(o.front.base)
	defer cancel()
	r = r.WithContext(context.WithValue(ctx, http.LocalAddrContextKey, o.conn.LocalAddr()))
	r.RemoteAddr = o.conn.RemoteAddr().String()
	o.front.handler.ServeHTTP(o, r)
}

// hijack lets go of the connection. early is valid until the handler returns.
func (o *opening) hijack() (socket net.Conn, early []byte, err error) {
	if o.gone {
		return nil, nil, http.ErrHijacked
	}
	o.gone = true
	o.front.leave(o.conn)
	return o.conn, o.buf[o.size:o.have], nil
}

// Hijack is for http.Hijacker. A status 101 that was said before is sent.
func (o *opening) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket, early, err := o.hijack()
	if err != nil {
		return nil, nil, err
	}
	if o.status == http.StatusSwitchingProtocols {
		o.saySwitching()
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), socket), maxHead)
	if _, err := r.Peek(len(early)); err != nil { // it is all there
		return nil, nil, errors.Join(err, socket.Close())
	}
	return socket, bufio.NewReadWriter(r, bufio.NewWriter(socket)), socket.SetDeadline(time.Time{})
}
