package client

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// pipes is a net.Listener of connections in memory.
type pipes struct {
	conns      chan net.Conn
	once       sync.Once
	failWrites atomic.Bool
}

// pipe is a connection whose writes can be made to fail while it can still be read.
type pipe struct {
	net.Conn
	failWrites *atomic.Bool
}

func (p pipe) Write(b []byte) (int, error) {
	if p.failWrites.Load() {
		return 0, syscall.EPIPE
	}
	return p.Conn.Write(b)
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return pipe{near, &p.failWrites}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	conn, open := <-p.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.conns) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
