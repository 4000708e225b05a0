package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/mempool"

	"plenum/codec/frame"
)

// Config says how an Engine works. A zero field means its default; a negative
// one, where the field says so, means off.
type Config struct {
	// Pollers is how many epoll loops there are; default: one a core.
	Pollers int
	// MaxConns bounds the WebSocket connections; default, and the most: what
	// the descriptor limit allows, less a reserve. One more is answered 503.
	MaxConns int
	// MaxMessage bounds a message, and so a frame, in bytes; default 64 KiB.
	// A larger one closes with 1009.
	MaxMessage int
	// MaxBacklog bounds what Send queues for a connection that reads slowly,
	// in bytes; default 1 MiB. Beyond it the connection closes with 1013.
	MaxBacklog int
	// PingPeriod is how long a connection may be silent before it is pinged;
	// default 15 s, negative: never. PingTimeout is how long it then has to
	// say anything before it is closed with 1011; default 15 s.
	PingPeriod, PingTimeout time.Duration
	// CloseTimeout bounds the close handshake: how long a last frame may take
	// to drain and the peer to answer it; default 5 s.
	CloseTimeout time.Duration
	// HandshakeTimeout bounds the reading of a request's head; default 10 s.
	HandshakeTimeout time.Duration
	// MaxHeader bounds a request's head in bytes; default 64 KiB.
	MaxHeader int
	// AllowOrigin decides on a request with an Origin header; default: the
	// origin's host must be the request's. A refused one is answered 403.
	AllowOrigin func(r *http.Request) bool
	// Farewell gives the close frame that Shutdown sends, anew for each
	// connection; default 1001.
	Farewell func() (code int, reason string)
	// Logger takes the few things worth a line; default: nothing is logged.
	Logger *slog.Logger
}

func (cfg Config) withDefaults() Config {
	setDefault(&cfg.Pollers, runtime.GOMAXPROCS(0))
	setDefault(&cfg.MaxConns, defaultMaxConns())
	setDefault(&cfg.MaxMessage, 64<<10)
	setDefault(&cfg.MaxBacklog, 1<<20)
	setDefault(&cfg.PingPeriod, 15*time.Second)
	setDefault(&cfg.PingTimeout, 15*time.Second)
	setDefault(&cfg.CloseTimeout, 5*time.Second)
	setDefault(&cfg.HandshakeTimeout, 10*time.Second)
	setDefault(&cfg.MaxHeader, 64<<10)
	setDefault(&cfg.Logger, slog.New(slog.DiscardHandler))
	if cfg.AllowOrigin == nil {
		cfg.AllowOrigin = SameOrigin
	}
	if cfg.Farewell == nil {
		cfg.Farewell = func() (int, string) { return frame.CloseGoingAway, "" }
	}
	return cfg
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (cfg Config) check() error {
	for name, v := range map[string]int{"Pollers": cfg.Pollers, "MaxConns": cfg.MaxConns, "MaxBacklog": cfg.MaxBacklog, "MaxHeader": cfg.MaxHeader} {
		if v < 0 {
			return fmt.Errorf("engine: %s is negative: %d", name, v)
		}
	}
	if cfg.MaxMessage < frame.MaxControl {
		return fmt.Errorf("engine: MaxMessage is below a control frame's %d bytes: %d", frame.MaxControl, cfg.MaxMessage)
	}
	for name, d := range map[string]time.Duration{"PingTimeout": cfg.PingTimeout, "CloseTimeout": cfg.CloseTimeout, "HandshakeTimeout": cfg.HandshakeTimeout} {
		if d < 0 {
			return fmt.Errorf("engine: %s is negative: %s", name, d)
		}
	}
	return nil
}

// Engine serves WebSocket connections. Make it with New.
type Engine struct {
	// Set at creation.
	cfg   Config
	nb    *nbio.Engine
	front *front
	conns registry
	beats *heartbeat
	stats stats

	// Atomic.
	now atomic.Uint32 // the heartbeat's tick, stored on each one

	once sync.Once     // of Shutdown
	done chan struct{} // closed when Serve has stopped everything

	mu      sync.Mutex
	started bool // the pollers run
	stopped bool // and never will again
}

// New checks cfg and makes an Engine that is not running yet.
func New(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if most := defaultMaxConns(); cfg.MaxConns > most {
		cfg.Logger.Warn("the descriptor limit does not allow so many connections", "wanted", cfg.MaxConns, "allowed", most)
		cfg.MaxConns = most
	}
	e := &Engine{cfg: cfg, done: make(chan struct{})}
	e.conns.limit = cfg.MaxConns
	e.conns.empty = make(chan struct{})
	e.beats = newHeartbeat(cfg)
	e.nb = newPollers(e)
	e.front = newFront(e)
	return e, nil
}

// maxReads is how often one readable connection is read before the next: what
// the kernel's largest receive buffer holds, because nbio closes a connection whose
// peer has sent FIN after that many reads, and what had arrived would be lost. No
// more, because the poller's other connections wait meanwhile.
func maxReads() int {
	const fallback = 6 << 20 // the kernel's default
	var least, usual, most int
	b, _ := os.ReadFile("/proc/sys/net/ipv4/tcp_rmem")
	if n, _ := fmt.Sscan(string(b), &least, &usual, &most); n < 3 {
		most = fallback
	}
	return most/nbio.DefaultReadBufferSize + 1
}

func newPollers(e *Engine) *nbio.Engine {
	nbioLines.to.Store(e.cfg.Logger)
	nb := nbio.NewEngine(nbio.Config{
		NPoller:                      e.cfg.Pollers,
		MaxConnReadTimesPerEventLoop: maxReads(),
		// The default pool hands out 1 KiB at least; what we queue is small.
		BodyAllocator: mempool.NewAligned(),
	})
	nb.OnData(func(nc *nbio.Conn, data []byte) { nc.Session().(*Conn).onData(data) })
	nb.OnClose(func(nc *nbio.Conn, _ error) {
		switch s := nc.Session().(type) {
		case *Conn:
			s.onClosed()
		case probe:
			close(s)
		}
	})
	nb.OnWrittenSize(func(nc *nbio.Conn, _ []byte, n int) { nc.Session().(*Conn).onWritten(n) })
	return nb
}

// Serve accepts on ln and answers with h, which calls Upgrade, until Shutdown has
// stopped everything; it then returns nil. Where ln fails for good it shuts down by
// itself and returns the error. It is called once. It closes ln.
func (e *Engine) Serve(ln net.Listener, h http.Handler) error {
	if err := e.startPollers(); err != nil {
		return errors.Join(err, ln.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	var beating sync.WaitGroup
	beating.Go(func() { e.beat(ctx) })
	err := e.front.serve(ln, h)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), e.cfg.CloseTimeout)
		err = errors.Join(fmt.Errorf("engine: serve: %w", err), e.Shutdown(ctx))
		cancel()
	}
	<-e.done
	cancel()
	beating.Wait()
	return err
}
