package engine

import (
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"syscall"

	"plenum/codec/frame"
)

// Handler is the program's side of a connection. For one connection, the engine calls its methods one at a time. They
// must not block. The package comment says on which goroutine each of them runs. If OnOpen or OnMessage panics, the
// connection is closed with 1011, and OnClose is called. Connections may share a Handler; calls for different
// connections are concurrent.
type Handler interface {
	// OnOpen is the first call. Messages may be sent from now on.
	OnOpen(c *Conn)
	// OnMessage is called for each complete message. op is Text or Binary. A text is valid UTF-8. data belongs to the
	// engine and is valid only during the call; OnMessage may change it.
	OnMessage(c *Conn, op frame.Opcode, data []byte)
	// OnClose is the last call. The socket is closed. code is the code of the first close frame, sent or received. It is
	// 1005 if that frame had no code, and 1006 if there was no close frame. For a Stream, 1005 means that the client
	// has left or vanished.
	OnClose(c *Conn, code int)
}

// Drainer is implemented by a Handler that uses WriteFrames or WriteEvents.
type Drainer interface {
	// OnDrain is called when the queue of the connection is empty again, so that WriteFrames can continue. After
	// WriteFrames has taken only a part, it is called once the peer has read enough, unless the connection is closed
	// before. It is called with locks held, by any goroutine, and must not block or call a method of any Conn, except for
	// AfterTurn and Poller. Usually it wakes the goroutine that calls WriteFrames. It may be called although WriteFrames
	// has nothing left to write.
	OnDrain()
}

// Closer is implemented by a Handler whose clients expect other close codes than those of the engine.
type Closer interface {
	// CloseWith returns the status with which the engine closes the connection instead of the given one. The given status is
	// that of a Refusal or of Config.Farewell. If the returned code must not be sent, the given status is used. CloseWith is not
	// called for Conn.Close. It is called with locks held, by any goroutine, and must not block or call a method of any Conn,
	// except for AfterTurn and Poller.
	CloseWith(status CloseStatus) CloseStatus
}

// Errors returned when sending or closing.
var (
	// ErrClosed means that the connection is closed or closing.
	ErrClosed = errors.New("engine: connection closed")
	// ErrSlow means that more than Config.MaxBacklog bytes are queued. The connection is being closed with 1013.
	ErrSlow = errors.New("engine: peer reads too slowly, connection is being closed")
	// ErrCode means that Close was given a close code that must not be sent.
	ErrCode = errors.New("engine: close code must not be sent")
)

// Conn is one connection: a WebSocket, or a Stream. It is open from Handler.OnOpen to OnClose. Its methods may be called
// from any goroutine, unless they say otherwise. It may be a field of its Handler, see Upgrade. A Conn must not be copied,
// and is good for one connection.
type Conn struct {
	// The parts have no pointer back to the Conn, which would cost 8 bytes each. If a method of a part needs another part,
	// it takes the Conn as its first argument.

	// Set at creation.
	*traits
	handler Handler
	socket  socket

	reader reader  // bytes from the socket
	in     inbound // messages to the Handler

	mu      sync.Mutex // guards the parts below, unless their fields say otherwise
	out     outbound   // bytes to the socket
	closing closing
	timer   timer

	index int32 // guarded by registry.mu
}

// Encoding returns the encoding by the extensions that were negotiated for this connection, or nil if there are none. It
// never changes. Encoding.AppendFrame makes the frames for WriteFrames; without an Encoding, frame.Append does.
func (c *Conn) Encoding() *Encoding { return c.encoding }

// RemoteAddr returns the address of the socket's peer. Behind a proxy it is the proxy's. It may cost a system call. If the
// connection is closed, the address may be empty.
func (c *Conn) RemoteAddr() net.Addr { return c.socket.peer() }

// Acked returns the number of bytes that the peer's TCP has acknowledged so far, or 0 if the connection is closed. It
// grows as long as the peer reads, even if the socket stays full. It costs a system call.
func (c *Conn) Acked() uint64 {
	info := c.socket.tcpInfo()
	if info == nil {
		return 0
	}
	return info.Bytes_acked
}

// Queued returns the number of bytes that are kept until the socket accepts them. It takes no lock, and may be called from
// OnOpen to OnClose. When it has become 0, OnDrain is called.
func (c *Conn) Queued() int { return int(c.out.queued.Load()) }

// AfterTurn makes the connection's poller call job.Run after it has handled the connections whose bytes have arrived, or
// some of them if there are many. If Run returns true, it is called again in the same way. job must be comparable, such as
// a pointer: a job that waits already is not added again. Run must not block. The job is run even if the connection is
// closed meanwhile.
//
// AfterTurn does not wait, and takes no lock of a Conn. It may be called from OnOpen on. It returns false if the Engine has
// been shut down.
func (c *Conn) AfterTurn(job interface{ Run() (again bool) }) bool {
	return c.engine.pollers.mailbox(c).AfterTurn(job)
}

// Poller returns the number of the connection's poller, from 0. It does not wait, takes no lock, and may be called from
// OnOpen on.
func (c *Conn) Poller() int { return c.engine.pollers.of(c.socket.nb) }

// InBatch reports whether the current message has arrived together with other frames of this connection. It is called
// within OnMessage. It may return false if the first of these frames began in an earlier read of the socket.
func (c *Conn) InBatch() bool { return c.reader.turn.inBatch() }

// refuse closes the connection for a reason that Refusals lists. The caller does not hold mu.
func (c *Conn) refuse(why Refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing.refuse(c, why)
}

// cut closes the connection at once and drops its queue. The caller does not hold mu.
func (c *Conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing.cut(c)
}

// endTurn gives up the turn. If the connection was cut and the turn allows it, endTurn closes the socket. If the socket is
// closed, it finishes the connection.
func (c *Conn) endTurn() {
	if c.reader.turn.mustClose() {
		_ = c.socket.nb.Close()
	}
	closed, cut := c.reader.turn.end()
	switch {
	case closed:
		c.finish()
	case cut: // after the check above
		c.socket.shut(syscall.SHUT_RDWR)
	}
}

// onClosed records that the socket is closed, and finishes the connection unless a goroutine holds the turn.
func (c *Conn) onClosed() {
	if c.reader.turn.close() {
		c.finish()
	}
}

// finish runs once, when the socket is closed and no goroutine holds the turn.
func (c *Conn) finish() {
	c.mu.Lock()
	c.closing.phase.Store(phaseClosed)
	code := int(c.closing.code)
	c.out.dropEarly()
	c.mu.Unlock()
	switch {
	case code != 0:
	case c.stream != nil:
		code = frame.CloseNoStatus
	default:
		code = frame.CloseAbnormal
	}
	c.in.release()
	c.guard(func() { c.handler.OnClose(c, code) })
	c.engine.timers.disarm(c) // only now, so that Check seldom sees a connection without its timer
	c.engine.clients.Leave(c.budget)
	c.counters().closed.add(code)
	c.engine.conns.remove(c)
}

// guard runs a method of the Handler. If it panics, only this connection is closed.
func (c *Conn) guard(call func()) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v, debug.Stack())
		}
	}()
	call()
}

// panicked closes the connection because its Handler panicked. It counts the panic even if the connection is closing
// already.
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
