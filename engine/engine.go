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

// Engine serves WebSocket connections. Make it with New.
type Engine struct {
	// Set at creation.
	cfg     Config
	accept  *accept.Server
	clients *quota.Clients // nil: not counted
	done    chan struct{}  // closed when Serve has stopped everything

	// Each owns its state.
	pollers   pollers
	timers    timers
	heartbeat heartbeat
	conns     registry
	encodings encodings
	counters  counters
	refused   [numRefusals]atomic.Uint64
	closed    closeCounts

	// Atomic.
	limits     atomic.Pointer[Limits]
	acceptRate atomic.Pointer[rate.Limiter] // by Limits.AcceptRate

	once sync.Once // of Shutdown
}

// New checks cfg and makes an Engine that is not running yet.
func New(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if most := defaultMaxConns(); cfg.MaxConns > most {
		cfg.Logger.Warn("descriptor limit too low, fewer connections allowed than configured: raise ulimit -n or LimitNOFILE=", "configured", cfg.MaxConns, "allowed", most)
		cfg.MaxConns = most
	}
	e := &Engine{cfg: cfg, done: make(chan struct{})}
	if err := e.SetLimits(cfg.Limits); err != nil {
		return nil, err
	}
	e.conns.limit = cfg.MaxConns
	e.conns.empty = make(chan struct{})
	e.clients = quota.NewClients(cfg.MaxPerClient)
	e.timers.init(cfg)
	e.heartbeat.init(cfg)
	nbiolog.LogTo(cfg.Logger)
	e.pollers.init(cfg.Pollers)
	e.accept = newAccept(e)
	return e, nil
}

// Serve accepts on ln and answers with h, which calls Upgrade, until Shutdown has
// stopped everything; it then returns nil. Where ln fails for good it shuts down by
// itself and returns the error. It is called once. It closes ln.
func (e *Engine) Serve(ln net.Listener, h http.Handler) error {
	if err := e.pollers.start(); err != nil {
		return errors.Join(err, ln.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	var ticking sync.WaitGroup
	ticking.Go(func() { e.timers.run(ctx) })
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

// newAccept makes the server that accepts connections and gives their requests to the program's handler.
func newAccept(e *Engine) *accept.Server {
	limit := descriptorLimit()
	return accept.NewServer(accept.Config{
		MaxHandshakes:    e.cfg.MaxHandshakes,
		HandshakeTimeout: e.cfg.HandshakeTimeout,
		IdleTimeout:      e.cfg.IdleTimeout,
		MaxHeader:        e.cfg.MaxHeader,
		TLS:              e.cfg.TLS,
		Logger:           e.cfg.Logger,
		MaxSockets:       limit - reserve(limit)/2,
		Upgraded:         e.conns.len,
		Rate:             e.acceptRate.Load,
		Refused: func(why accept.Reason, from string, err error) {
			e.countRefused(unserved[why], from, err)
		},
	})
}

// unserved has the Refusal for each accept.Reason.
var unserved = [...]Refusal{
	accept.BadRequest: RefusedRequest,
	accept.TimedOut:   RefusedTimeout,
	accept.Evicted:    RefusedHalfOpen,
	accept.BadTLS:     RefusedTLS,
}
