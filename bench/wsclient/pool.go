package wsclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"plenum/bench/wsclient/internal/socket"
	"plenum/codec/frame"
)

// ErrShutdown is returned by Dial after Shutdown. It is also the End of the clients that
// Shutdown closed.
var ErrShutdown = errors.New("bench: pool is shut down")

const defaultBacklog = 64 << 10

// Config configures a Pool. The zero value of a field is its default.
type Config struct {
	// Loops is the number of epoll loops. Default: one per core.
	Loops int
	// Backlog is the number of bytes that may wait for one client's socket. Default: 64 KiB.
	Backlog int
	// TLS is the configuration for wss:// URLs. The certificate must name the URL's host.
	// Default: TLS 1.2 or 1.3 and the system's authorities.
	TLS *tls.Config
	// Addresses has the addresses of hosts, by host and port as a URL has them (url.URL.Host). The pool only reads it.
	// Default: a host must be an IP address.
	Addresses map[string]netip.AddrPort
	// Compression offers permessage-deflate (RFC 7692) without context takeover. If the server
	// does not accept it, the dial fails. Sent messages are not compressed.
	Compression bool
	// Headers are further lines of each request for an upgrade, such as "Origin: https://example.com". Each must be a
	// ValidHeader. The server may choose one of the subprotocols that they offer.
	Headers []string
	// ReceiveBuffer is each socket's SO_RCVBUF in bytes. Default: the kernel's.
	ReceiveBuffer int
	// Unsent is the number of bytes that the kernel may hold per socket but not send, because
	// the server's buffer is full (TCP_NOTSENT_LOWAT). Further bytes wait in the backlog.
	// Default: the size of the socket's buffer, some megabytes.
	Unsent int
	// IgnorePings leaves pings of the server unanswered.
	IgnorePings bool
	// OnMessage is called with each text or binary message, on the client's loop. It may keep
	// c, but payload is valid only until it returns. Default: messages are only counted.
	OnMessage func(c *Client, op frame.Opcode, payload []byte)
	// OnFrames may consume whole text frames at the beginning of b, before they are parsed. It
	// returns the number of bytes and frames it has consumed. It is not called within a
	// fragmented message. Default: it consumes nothing.
	OnFrames func(c *Client, b []byte) (used, frames int)
	// OnClose is called once for each client that Dial has returned, on its loop, after its
	// socket is closed. Default: nothing.
	OnClose func(c *Client, end End)
	// OnBatch is called on a loop after it has handled the events of one wait. took is the time
	// that this took, callbacks included. Default: nothing.
	OnBatch func(loop int, took time.Duration)
}

// Pool is a set of clients on a few epoll loops.
type Pool struct {
	// set at creation
	loops     []*loop
	added     int                       // to GOMAXPROCS
	addresses map[string]netip.AddrPort // Config.Addresses

	// atomic
	dialled atomic.Uint64
	down    atomic.Bool

	running sync.WaitGroup
}

// processors guards GOMAXPROCS while a pool changes it.
var processors sync.Mutex

// addProcessors adds n to GOMAXPROCS.
func addProcessors(n int) {
	processors.Lock()
	defer processors.Unlock()
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n)
}

// NewPool starts the loops. Shutdown stops them. In between, GOMAXPROCS is greater by the number of
// loops, because each of them keeps a processor of Go's scheduler while it is busy.
func NewPool(cfg Config) (*Pool, error) {
	cfg = cfg.withDefaults()
	addProcessors(cfg.Loops)
	p := &Pool{added: cfg.Loops, addresses: cfg.Addresses}
	for i := range cfg.Loops {
		l, err := newLoop(&cfg, i)
		if err != nil {
			p.Shutdown()
			return nil, fmt.Errorf("bench: new loop: %w", err)
		}
		socket.Reserve(l.epoll)
		p.loops = append(p.loops, l)
		p.running.Go(l.run)
	}
	return p, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Loops <= 0 {
		cfg.Loops = runtime.NumCPU()
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

// Stats returns the sum of the counters of all loops.
func (p *Pool) Stats() Stats {
	var s Stats
	for _, l := range p.loops {
		l.counters.addTo(&s)
	}
	return s
}

// HeldBack returns how the messages sent by SendAt were held back. It must be called after
// Shutdown.
func (p *Pool) HeldBack() (all HeldBack) {
	for _, l := range p.loops {
		all.Merge(l.held)
	}
	return all
}

// Shutdown closes all sockets without a closing handshake, stops the loops and waits for them.
// A second call does nothing.
func (p *Pool) Shutdown() {
	for _, l := range p.loops {
		l.stop()
	}
	p.running.Wait()
	if !p.down.Swap(true) {
		addProcessors(-p.added)
	}
}
