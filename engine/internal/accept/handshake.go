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
	"net/url"
	"runtime/debug"
	"syscall"
	"time"
)

// handshake is a plain WebSocket handshake while it is served: the request, and the http.ResponseWriter.
//
// net/http could serve the handshakes too. But it allocates buffers, contexts and goroutines for each connection, which
// an upgrade discards at once.
//
// If a handler does not upgrade, the client gets the response that net/http would send, with two differences. The
// response is sent when the handler returns, with Connection: close. Request.Context ends when the handler returns or
// when the Server stops, not when the client leaves.
type handshake struct {
	conn   *conn
	server *Server
	early  []byte // the bytes that were read after the request's head
	passed bool   // the connection is hijacked, or closed already

	request http.Request // valid after parse
	blank   *http.Request
	url     url.URL
	fields  http.Header // the header of request
	values  [32]string  // the memory of its values

	header    http.Header
	status    int         // 0: not set yet
	committed http.Header // copy of header, taken when status was set
	body      bytes.Buffer
	tooLong   bool // body exceeds maxAnswer
}

// requestContext is the context of the requests of a pooled handshake.
type requestContext struct {
	context.Context
	h *handshake
}

func (c requestContext) Value(key any) any {
	if key == http.LocalAddrContextKey {
		return c.h.conn.localAddr()
	}
	return c.Context.Value(key)
}

// newHandshake takes a handshake from the pool.
func (s *Server) newHandshake() *handshake {
	h, _ := s.handshakes.Get().(*handshake)
	if h == nil {
		h = &handshake{server: s, fields: http.Header{}, header: http.Header{}}
		h.blank = new(http.Request).WithContext(requestContext{s.base, h})
	}
	return h
}

// recycle returns h to the pool. Its request is not valid any more.
func (h *handshake) recycle() {
	clear(h.fields)
	clear(h.values[:])
	clear(h.header)
	h.request, h.url = http.Request{}, url.URL{}
	h.conn, h.early, h.passed, h.status, h.committed, h.tooLong = nil, nil, false, 0, nil, false
	h.body = bytes.Buffer{}
	h.server.handshakes.Put(h)
}

// serveHandshake serves the handshake h of c: on the poller if the handler does not block, otherwise on a goroutine.
func (s *Server) serveHandshake(c *conn, h *handshake, early []byte) {
	h.conn, h.early = c, early
	h.request.RemoteAddr = c.address()
	if !s.claim(c) {
		s.end(c)
		h.recycle()
		return
	}
	blocks := true
	h.guard(func() {
		if blocks = s.cfg.NonBlocking == nil || !s.cfg.NonBlocking(&h.request); !blocks {
			s.handler.ServeHTTP(h, &h.request)
		}
	})
	switch {
	case blocks && !h.passed:
		h.early = bytes.Clone(early)
		h.onGoroutine(h.serveBlocking)
	case h.passed || !h.answerAtOnce():
		h.finish()
		h.recycle()
	}
}

// serveBlocking runs on the goroutine of the handshake.
func (h *handshake) serveBlocking() {
	ctx, cancel := context.WithCancel(context.WithValue(h.server.base, http.LocalAddrContextKey, h.conn.LocalAddr()))
	h.guard(func() { h.server.handler.ServeHTTP(h, h.request.WithContext(ctx)) })
	cancel()
	if !h.passed {
		h.conn.send(h.answer())
	}
}

// onGoroutine takes the connection from its poller and calls serve on a goroutine. It runs on the poller.
func (h *handshake) onGoroutine(serve func()) {
	if !h.server.leave(h.conn) {
		h.passed = true // it is closed and removed
		h.finish()
		return
	}
	h.server.move(h.conn, h.server.serving)
	go func() { // Finish waits for it
		defer h.finish()
		serve()
	}()
}

// finish closes the connection, unless it is hijacked or closed already, and removes the handshake from running.
func (h *handshake) finish() {
	if !h.passed {
		h.server.remove(h.conn)
		_ = h.conn.Close()
	}
	h.server.running.Done()
}

// guard runs code of the program. If it panics, the connection gets no response.
func (h *handshake) guard(call func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v != any(http.ErrAbortHandler) {
			h.server.cfg.Logger.Error(panicked, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
		if !h.passed {
			h.passed = true
			h.server.remove(h.conn)
			_ = h.conn.Close()
		}
	}()
	call()
}

// answerAtOnce sends the response from the poller. If the socket does not accept all of it, a goroutine sends the rest,
// and answerAtOnce returns true: h must not be recycled.
func (h *handshake) answerAtOnce() (later bool) {
	answer := h.answer()
	n, err := h.conn.writeNow(answer)
	if err != nil && !errors.Is(err, syscall.EAGAIN) || n == len(answer) {
		return false
	}
	h.onGoroutine(func() { h.conn.send(answer[max(n, 0):]) })
	return true
}

// hijack hands the connection over to the caller: the Server forgets it. The error is http.ErrHijacked if the connection was
// hijacked or closed before.
func (h *handshake) hijack() error {
	if h.passed {
		return http.ErrHijacked
	}
	h.passed = true
	if h.conn.nc != nil {
		h.server.upgraded(h.conn)
	} else {
		h.server.remove(h.conn)
	}
	return nil
}

// Hijack implements http.Hijacker. If the handler has set the status 101 before, Hijack sends the response 101.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket := h.conn
	if !h.passed && socket.Conn == nil && !h.server.leave(socket) {
		h.passed = true // it is closed and removed
	}
	if err := h.hijack(); err != nil {
		return nil, nil, err
	}
	if h.status == http.StatusSwitchingProtocols {
		h.sendSwitching()
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(h.early)), socket), max(maxHead, len(h.early)))
	if _, err := r.Peek(len(h.early)); err != nil { // all of early is there
		return nil, nil, errors.Join(err, socket.Close())
	}
	return socket, bufio.NewReadWriter(r, bufio.NewWriter(socket)), socket.SetDeadline(time.Time{})
}
