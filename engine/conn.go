package engine

import (
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/lesismal/nbio"

	"plenum/codec/frame"
	"plenum/engine/internal/wheel"
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
type Conn struct {
	// Set at creation.
	engine   *Engine
	raw      *nbio.Conn
	handler  Handler
	stream   *Stream   // nil: a WebSocket
	secure   *secure   // nil: without TLS
	encoding *Encoding // nil: without extensions

	// Owned by whoever reads: the upgrading goroutine, then the poller.
	in     *inbound // nil at a message's boundary
	budget *budget  // nil: its client is not bounded

	// Atomic.
	turn   atomic.Uint32 // bits reading to unpausable
	phase  atomic.Uint32 // written with mu held
	heard  atomic.Uint32 // the tick in which the peer last sent anything
	queued atomic.Int64  // bytes in nbio's list or in early

	place int32       // guarded by registry.mu
	beat  wheel.Entry // guarded by heartbeat.mu

	mu         sync.Mutex
	early      *[]byte // nil, or what the socket did not take before it was registered
	held       *[]byte // nil but while several frames are read at once: what is sent meanwhile
	pinged     uint32  // tick of the ping that waits for an answer, 0: none
	code       uint16  // close code, 0 while nobody has said one
	registered bool    // known to the poller
	doomed     bool    // to be cut off as soon as it is registered
}

// Conn.phase: how far the close handshake is (RFC 6455 section 7.1).
const (
	open    uint32 = iota
	closing        // our close frame is sent, the peer's answer awaited
	ending         // our close frame is sent, nothing more of the peer's is read
	closed         // the socket is closed, or about to be
)

// Bits of Conn.turn, by which OnClose waits for the OnMessage that is running.
const (
	reading    uint32 = 1 << iota // onData is at work
	gone                          // the socket is closed; whoever clears reading finishes
	lastWord                      // shut the sending side down when the queue is empty
	paused                        // PauseReading was called; cleared on the poller
	unpausable                    // PauseReading does nothing
)

// WheelEntry is for the heartbeat's wheel.
func (c *Conn) WheelEntry() *wheel.Entry { return &c.beat }

// Encoding is how messages to the peer are encoded by the extensions that were agreed on; nil: they are sent as they
// are. It does not change. Frames for WriteFrames are made with Encoding.AppendFrame.
func (c *Conn) Encoding() *Encoding { return c.encoding }

// RemoteAddr is the peer's address as the socket has it.
func (c *Conn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

// onData is nbio's, on the poller. data is the poller's buffer.
func (c *Conn) onData(data []byte) {
	if c.turn.Or(reading)&gone != 0 {
		return
	}
	c.heard.Store(c.engine.now.Load())
	if c.secure == nil {
		c.guard(func() { c.feed(data) })
	} else {
		c.decipher(data)
	}
	c.endTurn()
}

// endTurn gives up the right to read and finishes a connection that closed meanwhile.
func (c *Conn) endTurn() {
	if c.turn.And(^reading)&gone != 0 {
		c.finish()
	}
}

// onClosed is nbio's, on the one goroutine that handles every close.
func (c *Conn) onClosed() {
	if before := c.turn.Or(gone); before&(reading|gone) == 0 {
		c.finish()
	}
}

// finish runs once, when the socket is closed and nothing reads any more.
func (c *Conn) finish() {
	c.mu.Lock()
	c.phase.Store(closed)
	code := int(c.code)
	c.early = nil
	c.mu.Unlock()
	switch {
	case code != 0:
	case c.stream != nil:
		code = frame.CloseNoStatus
	default:
		code = frame.CloseAbnormal
	}
	c.engine.beats.disarm(c)
	c.in.release()
	c.in = nil
	c.guard(func() { c.handler.OnClose(c, code) })
	c.engine.stats.closed.add(code)
	c.engine.clients.leave(c.budget)
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

// panicked ends the connection for what its handler did, and counts it also where the
// connection is ending already.
func (c *Conn) panicked(v any, stack []byte) {
	c.engine.cfg.Logger.Error("handler panicked", "panic", fmt.Sprint(v), "stack", string(stack))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.letGo()
	if c.phase.Load() >= ending {
		c.engine.stats.refused[Panicked].Add(1)
		return
	}
	c.refuseLocked(Panicked)
}
