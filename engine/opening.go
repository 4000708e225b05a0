package engine

import (
	"bytes"
	"cmp"
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
// goroutines for what an upgrade throws away at once: that took twice the processor
// time, and five times the memory while a client says nothing.
type opening struct {
	conn  *frontConn
	front *front

	buf  *[maxHead]byte // of heads; nil while nothing has come
	have int            // bytes of buf read
	size int            // of the request's head in buf

	hijacked bool
	header   http.Header
	status   int // 0: not said yet
	body     bytes.Buffer
}

var heads = sync.Pool{New: func() any { return new([maxHead]byte) }}

// open is c's goroutine.
func (l *frontListener) open(c *frontConn) {
	o := &opening{conn: c, front: l.front}
	defer o.release()
	r, err := o.read()
	switch {
	case r != nil:
		o.serve(r)
	case err == nil || o.have > 0 && errors.Is(err, io.EOF):
		if o.have > 0 {
			c.head = bytes.Clone(o.buf[:o.have])
			c.asked.Store(true)
		}
		if l.hand(accepted{conn: c}) {
			return // with its place in front
		}
		fallthrough
	default:
		if errors.Is(err, os.ErrDeadlineExceeded) {
			o.front.engine.stats.refused[RefusedTimeout].Add(1)
			o.answerTimeout()
		}
		o.close()
	}
}

// read reads until a handshake is whole. Without one or an error, what came is not
// plainly a handshake.
func (o *opening) read() (*http.Request, error) {
	tcp, ok := o.conn.Conn.(*net.TCPConn)
	if !ok {
		return nil, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := tcp.SetReadDeadline(time.Now().Add(o.front.engine.cfg.HandshakeTimeout)); err != nil {
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

func (o *opening) release() {
	if o.buf != nil {
		heads.Put(o.buf)
		o.buf = nil
	}
}

// serve gives r to the handler and, where that has not upgraded, sends its answer.
func (o *opening) serve(r *http.Request) {
	o.conn.served.Store(true)
	o.front.move(o.conn, nil)
	r.RemoteAddr = o.conn.RemoteAddr().String()
	defer func() {
		if v := recover(); v != nil && v != any(http.ErrAbortHandler) {
			o.front.engine.cfg.Logger.Error("handler panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		} else if v == nil && !o.hijacked {
			o.answer(r)
		}
		if !o.hijacked {
			o.close()
		}
	}()
	o.front.handler.ServeHTTP(o, r)
}

// hijack lets go of the connection. early is valid until the handler returns.
func (o *opening) hijack() (socket net.Conn, early []byte) {
	o.hijacked = true
	o.front.leave(o.conn)
	return o.conn.Conn, o.buf[o.size:o.have]
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
		o.status = status
	}
}

// maxAnswer bounds, in bytes, what is kept of an answer to a handshake that a
// handler did not upgrade.
const maxAnswer = 1 << 20

// Write is for http.ResponseWriter; nothing is sent before the handler returns.
func (o *opening) Write(b []byte) (int, error) {
	if o.hijacked {
		return 0, http.ErrHijacked
	}
	o.WriteHeader(http.StatusOK)
	if o.body.Len()+len(b) > maxAnswer {
		return 0, errors.New("engine: too long an answer to a handshake")
	}
	return o.body.Write(b)
}

// answer sends what the handler said and the connection's end.
func (o *opening) answer(r *http.Request) {
	h := o.Header()
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if h.Get("Content-Type") == "" && o.body.Len() > 0 {
		h.Set("Content-Type", http.DetectContentType(o.body.Bytes()))
	}
	h.Del("Connection") // Close says it
	h.Del("Content-Length")
	resp := http.Response{
		StatusCode: cmp.Or(o.status, http.StatusOK), ProtoMajor: 1, ProtoMinor: 1, Request: r, Close: true,
		Header: h, ContentLength: int64(o.body.Len()), Body: io.NopCloser(&o.body),
	}
	_ = o.conn.SetDeadline(time.Now().Add(sendTimeout))
	if resp.Write(o.conn.Conn) != nil || o.conn.CloseWrite() != nil {
		return
	}
	// Closed with unread bytes it would be reset, which can overtake the answer.
	_ = o.conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.Copy(io.Discard, io.LimitReader(o.conn.Conn, maxLinger))
}

// answerTimeout tells who has begun a request that it took too long (RFC 9110
// section 15.5.9).
func (o *opening) answerTimeout() {
	if o.have > 0 {
		_ = o.conn.SetWriteDeadline(time.Now().Add(lingerTime))
		_, _ = io.WriteString(o.conn.Conn, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	}
}

const (
	sendTimeout = 10 * time.Second
	lingerTime  = 500 * time.Millisecond // as net/http
	maxLinger   = 256 << 10              // bytes
)

func (o *opening) close() {
	_ = o.conn.Close()
	o.front.leave(o.conn)
}
