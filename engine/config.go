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

// Config is the configuration of an Engine. A zero field means its default, in Limits no bound. A negative value is an
// error, except that a negative PingPeriod turns pings off. Below, a handshake is any request that is answered by
// Upgrade or Stream.
type Config struct {
	// Pollers is the number of epoll loops. Default: runtime.GOMAXPROCS.
	Pollers int
	// MaxConns bounds the open connections, WebSockets and Streams. A further handshake is answered 503. The maximum is
	// the number that the descriptor limit allows, less a reserve: see ConnsWithin. It is also the default, unless the
	// limit is more than 16,777,216. Nobody chooses such a limit, so the default is then 2,080,704.
	//
	// The Engine can use the descriptors below 2,097,152, or below DescriptorsFor(MaxConns) if that is more. If other
	// parts of the process, such as a second Engine, have more than the rest of these open, connections are refused.
	MaxConns int
	// MaxPerClient bounds the open connections of one IPv4 address or one IPv6 network of 64 bits. A further handshake
	// is answered 429. Default: no bound. Behind a proxy, all clients have the proxy's address.
	MaxPerClient int
	// MaxHandshakes bounds the connections that have not sent their first request yet. Default: 2048. At the bound, the
	// engine accepts the next connection when one of these has sent its request or is closed. If the oldest of them gets
	// 2 s old before that, the engine accepts the next connection and closes the oldest.
	MaxHandshakes int
	// Busy reports whether new connections are to be refused for now, for example because memory is short. The
	// handshake is then answered 503. It is called for each handshake, by any goroutine, and must not block. Default:
	// never busy.
	Busy func() bool
	// NonBlocking reports whether the http.Handler serves the handshake r without blocking. The http.Handler is then
	// called on a poller, which saves a goroutine and more. r with all its parts, and the http.ResponseWriter, are then
	// valid only until the http.Handler returns; strings taken from r remain valid. The context of r does not end when the
	// client leaves. NonBlocking is called on a poller and must not block. It is not called with TLS. Default: the
	// http.Handler may block for every handshake.
	NonBlocking func(r *http.Request) bool
	// MaxMessage bounds a received message, in bytes, after decoding by the extensions. It must be at least 125. A
	// larger message closes the connection with 1009. Default: 64 KiB.
	MaxMessage int
	// MaxBacklog bounds, in bytes, the queue of a connection whose peer reads slowly. If more bytes are queued, the next
	// Send closes the connection with 1013. So the queue may exceed the bound by one message and 16 KiB. Default: 1 MiB.
	MaxBacklog int
	// PingPeriod is how long a peer may send nothing before it is pinged. Default: 15 s; negative: no pings. The ping
	// is sent in the last quarter of that time, at different moments for different connections. PingTimeout is how long
	// it may then send nothing before the connection is closed with 1011. Default: 15 s.
	PingPeriod, PingTimeout time.Duration
	// CloseTimeout bounds the close handshake: the time to send the queue and the close frame, and to receive the
	// peer's close frame. After a close with 1011 for an unanswered ping, it is one second at most. Default: 5 s.
	CloseTimeout time.Duration
	// HandshakeTimeout bounds the time to receive the head of a request. For the first request of a connection it
	// begins with the accept and includes the TLS handshake. Default: 10 s.
	HandshakeTimeout time.Duration
	// IdleTimeout bounds how long an HTTP connection may wait for another request. Default: 75 s. It is closed earlier
	// if sockets run short, or when Shutdown begins.
	IdleTimeout time.Duration
	// MaxHeader bounds the head of a request, in bytes. It must be more than 4 KiB. Default: 64 KiB.
	MaxHeader int
	// AllowOrigin reports whether to accept a WebSocket handshake that has an Origin header. If it returns false, the
	// handshake is answered 403. It is called by any goroutine. Default: origin.Same.
	AllowOrigin func(r *http.Request) bool
	// Farewell returns the status with which Shutdown closes one connection. It is called for each connection, one
	// after the other, by the goroutine of Shutdown, or of Serve if its listener fails. left is the time for which
	// Shutdown will go on closing other connections (see Limits.DrainWindow). Default: code 1001.
	Farewell func(left time.Duration) CloseStatus
	// Blocks is a pool of memory blocks that sockets can send by reference. Without TLS, WriteFrames and WriteEvents pass
	// slices of at least 8 KiB that lie in it to the kernel without copying. The Pool must outlive the Engine. Default:
	// every slice is copied.
	Blocks *zerocopy.Pool
	// Extensions are negotiated with the clients that offer them. Default: none.
	Extensions []Extension
	// TLS turns on TLS for the listener. The engine sets NextProtos, to HTTP/1.1. The certificate that GetCertificate
	// returns may change at any time. Default: no TLS.
	TLS *tls.Config
	// Limits are the limits at the start. SetLimits changes them.
	Limits Limits
	// Logger receives errors, warnings, and at debug level the reason of each refused handshake. Default: nothing is
	// logged.
	Logger *slog.Logger
}

func (cfg Config) withDefaults() Config {
	setDefault(&cfg.Pollers, runtime.GOMAXPROCS(0))
	setDefault(&cfg.MaxConns, defaultMaxConns(descriptorLimit()))
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
		return fmt.Errorf("engine: MaxMessage must be at least %d bytes: %d", frame.MaxControl, cfg.MaxMessage)
	}
	for name, d := range map[string]time.Duration{"PingTimeout": cfg.PingTimeout, "CloseTimeout": cfg.CloseTimeout, "HandshakeTimeout": cfg.HandshakeTimeout,
		"IdleTimeout": cfg.IdleTimeout} {
		if d < 0 {
			return fmt.Errorf("engine: %s is negative: %s", name, d)
		}
	}
	return checkExtensions(cfg.Extensions)
}
