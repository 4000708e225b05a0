package wsclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"plenum/codec/frame"
)

// ErrShutdown is what a Dial after Shutdown gets, and the end of the clients that
// were open when it was called.
var ErrShutdown = errors.New("bench: pool is shut down")

const defaultBacklog = 64 << 10

// Config says how a Pool works. The zero value of a field is its default.
type Config struct {
	// Loops is the number of epoll loops. Default: one a core.
	Loops int
	// Backlog is how many bytes may wait for one client's socket. Default: 64 KiB.
	Backlog int
	// TLS is what wss:// URLs are dialled with; the name that a certificate must have
	// is the URL's. Default: TLS 1.2 or 1.3 and the system's authorities.
	TLS *tls.Config
	// Compression offers permessage-deflate (RFC 7692) without context takeover; who
	// does not accept it is not dialled. What is sent stays as it is.
	Compression bool
	// ReceiveBuffer is each socket's SO_RCVBUF in bytes. Default: the kernel's.
	ReceiveBuffer int
	// Unsent is how many bytes the kernel may keep for a socket that it has not sent yet,
	// because the server's buffer is full (TCP_NOTSENT_LOWAT). What is more waits in the
	// backlog. Default: as many as the socket's buffer holds, some megabytes.
	Unsent int
	// IgnorePings leaves the server's pings without a pong.
	IgnorePings bool
	// OnMessage gets each text or binary message, on the client's loop. It may
	// keep c, but payload is valid only until it returns. Default: counted only.
	OnMessage func(c *Client, op frame.Opcode, payload []byte)
	// OnFrames may take whole frames of text off the front of what a client was
	// sent, before they are parsed: it returns their bytes and their number. Within
	// a fragmented message it is not asked. Default: it takes none.
	OnFrames func(c *Client, b []byte) (used, frames int)
	// OnClose is called once for each client that Dial returned, on its loop,
	// after its socket is closed.
	OnClose func(c *Client, end End)
	// OnBatch is called on a loop after the events of one wait, and the callbacks
	// they led to, with how long they took. Default: nothing.
	OnBatch func(loop int, took time.Duration)
}

// End tells how a connection ended.
type End struct {
	// Code is the server's close code, CloseAbnormal where the socket ended
	// without a close frame, or the code a Fault was answered with.
	Code   int
	Reason string
	// Err is nil after a closing handshake; else a *Fault, ErrShutdown, io.EOF or
	// the socket's error.
	Err error
}

// Pool is a set of clients on a few epoll loops.
type Pool struct {
	// set at creation
	loops []*loop

	// atomic
	dialled atomic.Uint64

	running sync.WaitGroup
}

// NewPool starts the loops. Shutdown stops them.
func NewPool(cfg Config) (*Pool, error) {
	cfg = cfg.withDefaults()
	p := &Pool{}
	for i := range cfg.Loops {
		l, err := newLoop(&cfg, i)
		if err != nil {
			p.Shutdown()
			return nil, fmt.Errorf("bench: new loop: %w", err)
		}
		p.loops = append(p.loops, l)
		p.running.Go(l.run)
	}
	return p, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Loops <= 0 {
		cfg.Loops = runtime.GOMAXPROCS(0)
	}
	if cfg.Backlog <= 0 {
		cfg.Backlog = defaultBacklog
	}
	if cfg.TLS == nil {
		cfg.TLS = TLSConfig(nil)
	}
	if cfg.OnMessage == nil {
		cfg.OnMessage = func(*Client, frame.Opcode, []byte) {}
	}
	if cfg.OnFrames == nil {
		cfg.OnFrames = func(*Client, []byte) (int, int) { return 0, 0 }
	}
	if cfg.OnClose == nil {
		cfg.OnClose = func(*Client, End) {}
	}
	if cfg.OnBatch == nil {
		cfg.OnBatch = func(int, time.Duration) {}
	}
	return cfg
}

// Stats adds up the counters of all loops.
func (p *Pool) Stats() Stats {
	var s Stats
	for _, l := range p.loops {
		l.counters.addTo(&s)
	}
	return s
}

// HeldBack returns what was held back of the messages that were sent with their time. It is
// called after Shutdown.
func (p *Pool) HeldBack() (all HeldBack) {
	for _, l := range p.loops {
		all.Merge(l.held)
	}
	return all
}

// Shutdown closes all sockets without a closing handshake, stops the loops and
// waits for them. A second call does nothing.
func (p *Pool) Shutdown() {
	for _, l := range p.loops {
		l.stop()
	}
	p.running.Wait()
}
