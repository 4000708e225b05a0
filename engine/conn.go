package engine

import (
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"

	"plenum/codec/frame"
	"plenum/engine/internal/quota"
	"plenum/engine/internal/tlsrecord"
)

// Handler is what a program does with one connection. doc.go says which
// goroutine calls; none of the three may block. A panic in one of them closes
// this connection with 1011.
type Handler interface {
	// OnOpen is the first call; c can be written to.
	OnOpen(c *Conn)
	// OnMessage gets a whole message, text already checked to be UTF-8. data
	// is the engine's and valid only during the call; it may be changed.
	OnMessage(c *Conn, op frame.Opcode, data []byte)
	// OnClose is the last call, the socket is closed. code is what the close
	// handshake ended with: 1005 where the peer gave none or has left a Stream, 1006 where
	// there was none.
	OnClose(c *Conn, code int)
}

// Drainer is a Handler that uses WriteFrames. OnDrain says that what the socket
// had not taken has gone out, so that WriteFrames can be tried again. It is called
// with locks held and must call no method of Conn; it may come once too often.
type Drainer interface {
	OnDrain()
}

// Errors of sending.
var (
	// ErrClosed: the connection is closed or its close frame has been sent.
	ErrClosed = errors.New("engine: connection closed")
	// ErrSlow: the backlog is at its bound; the connection is being closed with 1013.
	ErrSlow = errors.New("engine: peer reads too slowly")
	// ErrCode: a close code that must not be sent.
	ErrCode = errors.New("engine: close code not for the wire")
)

// Conn is one WebSocket, or one Stream, open from Handler.OnOpen to OnClose.
//
// It is made of parts, each with a file of its own. A method of a part gets the Conn as its
// first argument if it needs another part: a pointer back would cost 8 bytes per connection and part.
type Conn struct {
	// Set at creation.
	engine   *Engine
	handler  Handler
	socket   socket
	tls      tlsrecord.Layer // called with mu held
	stream   *Stream         // nil: a WebSocket
	budget   *quota.Budget   // nil: its client is not bounded; its limiters are owned by the reader
	encoding *Encoding       // nil: without extensions

	reader reader  // from the socket
	in     inbound // to the Handler

	mu      sync.Mutex // guards the parts below, as far as these do not say otherwise
	out     outbound   // to the socket
	closing closing
	timer   timer

	index int32 // guarded by registry.mu
}

// Encoding is how messages to the peer are encoded by the extensions that were agreed on; nil: they are sent as they
// are. It does not change. Frames for WriteFrames are made with Encoding.AppendFrame.
func (c *Conn) Encoding() *Encoding { return c.encoding }

// RemoteAddr is the peer's address as the socket has it.
func (c *Conn) RemoteAddr() net.Addr { return c.socket.nb.RemoteAddr() }

// Acked is how many bytes the peer's kernel has acknowledged so far; 0 if the connection is
// closed. It grows as long as the peer reads, also if the socket stays full. It costs a system call.
func (c *Conn) Acked() uint64 {
	info := c.socket.tcpInfo()
	if info == nil {
		return 0
	}
	return info.Bytes_acked
}

// refuse ends the connection for something its peer did.
func (c *Conn) refuse(why Refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing.refuse(c, why)
}

// cut ends the connection at once, whatever is queued.
func (c *Conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing.cut(c)
}

// endTurn gives up the right to read, and finishes a connection that closed meanwhile.
func (c *Conn) endTurn() {
	if c.reader.turn.end() {
		c.finish()
	}
}

// onClosed is called by nbio, on the one goroutine that handles every close.
func (c *Conn) onClosed() {
	if c.reader.turn.close() {
		c.finish()
	}
}

// finish runs once, when the socket is closed and nothing reads any more.
func (c *Conn) finish() {
	c.mu.Lock()
	c.closing.phase.Store(phaseClosed)
	code := int(c.closing.code)
	c.out.early = nil
	c.mu.Unlock()
	switch {
	case code != 0:
	case c.stream != nil:
		code = frame.CloseNoStatus
	default:
		code = frame.CloseAbnormal
	}
	c.engine.timers.disarm(c)
	c.in.release()
	c.guard(func() { c.handler.OnClose(c, code) })
	c.engine.closed.add(code)
	c.engine.clients.Leave(c.budget)
	c.engine.conns.remove(c)
}

// guard runs a handler's method; a panic costs this connection, no other.
func (c *Conn) guard(call func()) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v, debug.Stack())
		}
	}()
	call()
}

// panicked ends the connection because its Handler panicked, and counts the panic even if the
// connection is ending already.
func (c *Conn) panicked(v any, stack []byte) {
	c.engine.cfg.Logger.Error("handler panicked, its connection is closed: report this bug with the stack", "panic", fmt.Sprint(v), "stack", string(stack))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.uncork(c)
	if c.closing.phase.Load() >= phaseDraining {
		c.engine.refused[Panicked].Add(1)
		return
	}
	c.closing.refuse(c, Panicked)
}
