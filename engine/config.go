package engine

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"plenum/codec/frame"
	"plenum/engine/internal/accept"
	"plenum/engine/internal/tlsrecord"
	"plenum/engine/origin"
	"plenum/engine/zerocopy"
)

// Config says how an Engine works. A zero field means its default; a negative
// one, where the field says so, means off.
type Config struct {
	// Pollers is how many epoll loops there are; default: one a core.
	Pollers int
	// MaxConns bounds the WebSocket connections; default, and the most: what
	// the descriptor limit allows, less a reserve. One more is answered 503.
	MaxConns int
	// MaxPerClient bounds the WebSocket connections of one IPv4 address or one IPv6
	// network of 64 bits; default: no bound. One more is answered 429. Behind a
	// proxy all come from its address.
	MaxPerClient int
	// MaxHandshakes bounds the connections that have yet to send their first
	// request; default 2048. While there are so many nothing is accepted, and
	// the one that has waited longest is closed, once it has for 2 s.
	MaxHandshakes int
	// Busy tells that no more connections can be had for now, which a handshake is
	// then answered with, 503; default: never. It is called for each handshake.
	Busy func() bool
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
	// IdleTimeout bounds how long an HTTP connection waits for another request; default 75 s. It
	// ends earlier if sockets run short, or when Shutdown begins.
	IdleTimeout time.Duration
	// MaxHeader bounds a request's head in bytes; default 64 KiB, must be above 4 KiB.
	MaxHeader int
	// AllowOrigin decides on a request with an Origin header; default: origin.Same. A refused
	// one is answered 403.
	AllowOrigin func(r *http.Request) bool
	// Farewell gives the close frame that Shutdown sends, anew for each
	// connection; left is how much longer others will be closed. Default 1001.
	Farewell func(left time.Duration) CloseStatus
	// Blocks is where long slices given to WriteFrames may lie, so that they are not
	// copied; it outlives the Engine. Default: all are copied.
	Blocks *zerocopy.Pool
	// Extensions are those that are agreed on with clients that offer them, and that Send then applies; default: none.
	Extensions []Extension
	// TLS has the listener speak it, and net/http make the handshake; default: it is plain.
	// NextProtos is the engine's. What is in GetCertificate may change at any time.
	TLS *tls.Config
	// Limits are those that SetLimits can change.
	Limits Limits
	// Logger takes the few things worth a line; default: nothing is logged.
	Logger *slog.Logger
}

func (cfg Config) withDefaults() Config {
	setDefault(&cfg.Pollers, runtime.GOMAXPROCS(0))
	setDefault(&cfg.MaxConns, defaultMaxConns())
	setDefault(&cfg.MaxHandshakes, 2048)
	setDefault(&cfg.MaxMessage, 64<<10)
	setDefault(&cfg.MaxBacklog, 1<<20)
	setDefault(&cfg.PingPeriod, 15*time.Second)
	setDefault(&cfg.PingTimeout, 15*time.Second)
	setDefault(&cfg.CloseTimeout, 5*time.Second)
	setDefault(&cfg.HandshakeTimeout, 10*time.Second)
	setDefault(&cfg.IdleTimeout, 75*time.Second)
	setDefault(&cfg.MaxHeader, 64<<10)
	setDefault(&cfg.Logger, slog.New(slog.DiscardHandler))
	cfg.TLS = tlsrecord.ServerConfig(cfg.TLS)
	if cfg.AllowOrigin == nil {
		cfg.AllowOrigin = origin.Same
	}
	if cfg.Farewell == nil {
		cfg.Farewell = func(time.Duration) CloseStatus { return CloseStatus{Code: frame.CloseGoingAway} }
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
	for name, v := range map[string]int{"Pollers": cfg.Pollers, "MaxConns": cfg.MaxConns, "MaxBacklog": cfg.MaxBacklog,
		"MaxPerClient": cfg.MaxPerClient, "MaxHandshakes": cfg.MaxHandshakes} {
		if v < 0 {
			return fmt.Errorf("engine: %s is negative: %d", name, v)
		}
	}
	if cfg.MaxHeader <= accept.HeaderSlack {
		return fmt.Errorf("engine: MaxHeader must be above %d bytes: %d", accept.HeaderSlack, cfg.MaxHeader)
	}
	if cfg.MaxMessage < frame.MaxControl {
		return fmt.Errorf("engine: MaxMessage is below a control frame's %d bytes: %d", frame.MaxControl, cfg.MaxMessage)
	}
	for name, d := range map[string]time.Duration{"PingTimeout": cfg.PingTimeout, "CloseTimeout": cfg.CloseTimeout, "HandshakeTimeout": cfg.HandshakeTimeout,
		"IdleTimeout": cfg.IdleTimeout} {
		if d < 0 {
			return fmt.Errorf("engine: %s is negative: %s", name, d)
		}
	}
	return checkExtensions(cfg.Extensions)
}
