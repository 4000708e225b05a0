package engine

import (
	"bufio"
	"bytes"
	"cmp"
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
// sent when it returns, with Connection: close, and Request.Context ends when the
// engine stops, not when the client goes.
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
	due := time.Now().Add(l.front.engine.cfg.HandshakeTimeout)
	r, err := o.read(due)
	refused := &l.front.engine.stats.refused
	switch {
	case r != nil:
		o.serve(r)
	case err == nil, o.have > 0 && errors.Is(err, io.EOF):
		if o.have > 0 {
			c.head, c.due = bytes.Clone(o.buf[:o.have]), due
			c.asked.Store(true)
		}
		o.gone = l.hand(accepted{conn: c})
	case errors.Is(err, os.ErrDeadlineExceeded):
		refused[RefusedTimeout].Add(1)
		o.answerTimeout()
	case o.have > 0 && errors.Is(err, syscall.ECONNRESET):
		refused[RefusedRequest].Add(1)
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
	if !ok {
		return nil, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := tcp.SetReadDeadline(due); err != nil {
		return nil, err
	}
	most := min(maxHead, o.front.engine.cfg.MaxHeader)
	for {
		var fault error
		before := o.have
		if err := raw.Read(func(fd uintptr) bool {
			fault = o.readSome(int(fd), most)
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
		if !plain || o.have == most {
			return nil, nil
		}
	}
}

// readSome reads once. It keeps no buffer where nothing has come.
func (o *opening) readSome(fd, most int) error {
	if o.buf == nil {
		o.buf = heads.Get().(*[maxHead]byte)
	}
	for {
		n, err := syscall.Read(fd, o.buf[o.have:most])
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
	o.front.move(o.conn, o.front.serving)
	r = r.WithContext(context.WithValue(o.front.base, http.LocalAddrContextKey, o.conn.LocalAddr()))
	r.RemoteAddr = o.conn.RemoteAddr().String()
	o.front.handler.ServeHTTP(o, r)
	if !o.gone {
		o.answer(r)
	}
}

// hijack lets go of the connection. early is valid until the handler returns.
func (o *opening) hijack() (socket net.Conn, early []byte) {
	o.gone = true
	o.front.leave(o.conn)
	return o.conn, o.buf[o.size:o.have]
}

// Hijack is for http.Hijacker.
func (o *opening) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if o.gone {
		return nil, nil, http.ErrHijacked
	}
	socket, early := o.hijack()
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), socket), maxHead)
	if _, err := r.Peek(len(early)); err != nil { // it is all there
		return nil, nil, errors.Join(err, socket.Close())
	}
	return socket, bufio.NewReadWriter(r, bufio.NewWriter(socket)), socket.SetDeadline(time.Time{})
}

// Header is for http.ResponseWriter.
func (o *opening) Header() http.Header {
	if o.header == nil {
		o.header = http.Header{}
	}
	return o.header
}

// WriteHeader is for http.ResponseWriter; the first of several counts.
func (o *opening) WriteHeader(status int) {
	if o.status == 0 && status >= http.StatusOK {
		o.status, o.said = status, o.Header().Clone()
	}
}

// maxAnswer bounds, in bytes, the answer to a handshake that a handler did not
// upgrade; a longer one is answered 500.
const maxAnswer = 1 << 20

// Write is for http.ResponseWriter; nothing is sent before the handler returns.
func (o *opening) Write(b []byte) (int, error) {
	o.WriteHeader(http.StatusOK)
	switch {
	case o.gone:
		return 0, http.ErrHijacked
	case o.status == http.StatusNoContent || o.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case o.tooLong || o.body.Len()+len(b) > maxAnswer:
		o.tooLong = true
		return 0, errors.New("engine: too long an answer to a handshake")
	}
	return o.body.Write(b)
}

// answer sends what the handler said, and the connection's end.
func (o *opening) answer(r *http.Request) {
	o.WriteHeader(http.StatusOK)
	if o.tooLong {
		o.front.engine.cfg.Logger.Error("too long an answer to a handshake", "path", r.URL.Path)
		o.status, o.said = http.StatusInternalServerError, http.Header{}
		o.body.Reset()
	}
	h := o.said
	h.Set("Date", cmp.Or(h.Get("Date"), time.Now().UTC().Format(http.TimeFormat)))
	if h.Get("Content-Type") == "" && h.Get("Content-Encoding") == "" && o.body.Len() > 0 {
		h.Set("Content-Type", http.DetectContentType(o.body.Bytes()))
	}
	h.Del("Connection") // Close says it
	h.Del("Content-Length")
	resp := http.Response{
		StatusCode: o.status, ProtoMajor: 1, ProtoMinor: 1, Request: r, Close: true,
		Header: h, ContentLength: int64(o.body.Len()), Body: io.NopCloser(&o.body),
	}
	var text bytes.Buffer
	if resp.Write(&text) == nil { // into one write(2)
		o.send(text.Bytes())
	}
}

// answerTimeout tells who has begun a request that it took too long (RFC 9110
// section 15.5.9).
func (o *opening) answerTimeout() {
	if o.have > 0 {
		o.send([]byte("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
	}
}

const sendTimeout = 10 * time.Second

func (o *opening) send(b []byte) {
	_ = o.conn.SetWriteDeadline(time.Now().Add(sendTimeout))
	_, _ = o.conn.Write(b) // to a client that has gone
}
