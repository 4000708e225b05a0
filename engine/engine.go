package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"

	"plenum/engine/internal/accept"
	"plenum/engine/internal/nbiolog"
	"plenum/engine/internal/quota"
)

// Engine is a WebSocket server. New makes one, Serve runs it and Shutdown stops it. Its methods may be called from any
// goroutine. An Engine is not reusable: after Shutdown, make a new one.
type Engine struct {
	// Set at creation.
	cfg      Config
	accept   *accept.Server
	clients  *quota.Clients // nil if Config.MaxPerClient is 0
	counters counters
	done     chan struct{} // closed when Shutdown has stopped everything

	// Each of these has its own state and locks, and so have conns, encodings and traits below.
	pollers   pollers
	timers    timers
	heartbeat heartbeat

	// Atomic.
	limits     atomic.Pointer[Limits]
	acceptRate atomic.Pointer[rate.Limiter] // made from Limits.AcceptRate

	_ [64]byte // the fields above are read for each message, those below are written for each connection

	conns     registry
	encodings encodings
	traits    sharedTraits
	refused   [numRefusals]atomic.Uint64

	once sync.Once // guards the body of Shutdown
}

// New checks cfg and returns an Engine that is not running yet. If cfg.MaxConns is more than the descriptor limit
// allows, New logs a warning and lowers it.
func New(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if most := ConnsWithin(descriptorLimit()); cfg.MaxConns > most {
		cfg.Logger.Warn("descriptor limit too low, fewer connections allowed than configured: raise ulimit -n or LimitNOFILE=", "configured", cfg.MaxConns, "allowed", most)
		cfg.MaxConns = most
	}
	e := &Engine{cfg: cfg, done: make(chan struct{}), counters: make(counters, cfg.Pollers)}
	if err := e.SetLimits(cfg.Limits); err != nil {
		return nil, err
	}
	e.conns.limit = cfg.MaxConns
	e.conns.empty = make(chan struct{})
	e.clients = quota.NewClients(cfg.MaxPerClient)
	e.timers.init(e)
	e.heartbeat.init(cfg)
	nbiolog.LogTo(cfg.Logger)
	e.pollers.init(cfg.Pollers, descriptorTable(descriptorLimit(), cfg.MaxConns), cfg.Logger)
	e.accept = newAccept(e)
	return e, nil
}

// Serve accepts connections from ln and calls h for each request, on a goroutine of the connection, or on a poller if
// Config.NonBlocking allows it. h calls Upgrade for a WebSocket, calls Stream for an event stream, and answers other
// requests as usual. Serve blocks until Shutdown has stopped everything, and then returns nil. If ln fails permanently,
// Serve shuts the Engine down by itself and returns the error. Serve closes ln. Call it once.
func (e *Engine) Serve(ln net.Listener, h http.Handler) error {
	if err := e.pollers.start(); err != nil {
		return errors.Join(err, ln.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	var ticking sync.WaitGroup
	ticking.Go(func() { e.timers.run(ctx, e.accept.Expire) })
	e.accept.UsePollers(e.pollers.adopt)
	err := e.accept.Serve(ln, h)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), e.limits.Load().DrainWindow+e.cfg.CloseTimeout)
		err = errors.Join(fmt.Errorf("engine: serve: %w", err), e.Shutdown(ctx))
		cancel()
	}
	<-e.done
	cancel()
	ticking.Wait()
	return err
}

// newAccept makes the server that accepts connections and passes their requests to the program's http.Handler.
func newAccept(e *Engine) *accept.Server {
	limit := e.pollers.descriptors
	return accept.NewServer(accept.Config{
		MaxHandshakes:    e.cfg.MaxHandshakes,
		HandshakeTimeout: e.cfg.HandshakeTimeout,
		IdleTimeout:      e.cfg.IdleTimeout,
		MaxHeader:        e.cfg.MaxHeader,
		TLS:              e.cfg.TLS,
		Logger:           e.cfg.Logger,
		MaxSockets:       limit - reserve(limit)/2,
		Upgraded:         e.conns.len,
		NonBlocking:      e.cfg.NonBlocking,
		SetOptions:       setBounds,
		Rate:             e.acceptRate.Load,
		Refused: func(why accept.Reason, from string, err error) {
			e.countRefused(unserved[why], from, err)
		},
	})
}

// unserved maps each accept.Reason to its Refusal.
var unserved = [...]Refusal{
	accept.BadRequest: RefusedRequest,
	accept.TimedOut:   RefusedTimeout,
	accept.Evicted:    RefusedHalfOpen,
	accept.BadTLS:     RefusedTLS,
	accept.Unmovable:  RefusedHijack,
}
