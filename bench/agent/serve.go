package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// keepAlive ends a connection after half a minute without an answer of the other machine.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}

// Dial connects to the agent at address, host:port. The caller closes the connection. The end of ctx does
// not interrupt the handshake, which takes 10 s at most.
func Dial(ctx context.Context, address string, id Identity) (*Conn, error) {
	dialer := net.Dialer{Timeout: handshakeTime, KeepAliveConfig: keepAlive}
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("agent %s: %w", address, err)
	}
	c := newConn(raw)
	if err := c.introduce(id); err != nil {
		raw.Close()
		return nil, fmt.Errorf("agent %s: %w", address, err)
	}
	return c, nil
}

// Agent is a load generator that leaders may use.
type Agent struct {
	Identity Identity
	// Work takes part in a run: it reads orders from r and writes answers to w, until r or ctx ends.
	Work func(ctx context.Context, r io.Reader, w io.Writer) error
	// Log is called with one line per leader that comes, goes or is refused. Calls may overlap.
	Log func(text string)

	working sync.Mutex // locked while a leader is connected
}

// Serve accepts leaders from l until ctx ends, and waits until the last one is gone. Then it returns nil.
// It closes l.
func (a *Agent) Serve(ctx context.Context, l net.Listener) error {
	if err := a.Identity.Check(); err != nil {
		l.Close()
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var leaders sync.WaitGroup
	defer leaders.Wait()
	for {
		raw, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				raw.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // such as too many open files
			a.Log("accept a leader: " + err.Error())
			time.Sleep(100 * time.Millisecond)
			continue
		}
		leaders.Go(func() { a.serve(ctx, raw) })
	}
}

// serve serves one leader.
func (a *Agent) serve(ctx context.Context, raw net.Conn) {
	defer raw.Close()
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetKeepAliveConfig(keepAlive) // without it, a leader whose machine is gone blocks the agent for longer
	}
	c, from, mine := newConn(raw), raw.RemoteAddr().String(), false
	defer func() {
		if mine {
			a.working.Unlock()
		}
	}()
	err := c.welcome(a.Identity, func() string {
		if mine = a.working.TryLock(); !mine {
			return "busy: another leader uses this agent"
		}
		return ""
	})
	if err != nil {
		a.Log(fmt.Sprintf("refused leader %s: %v", from, err))
		return
	}
	a.Log("leader " + from + " came")
	if err := a.Work(ctx, c, c); err != nil && ctx.Err() == nil {
		a.Log(fmt.Sprintf("leader %s: %v", from, err))
	}
	a.Log("leader " + from + " is gone")
}
