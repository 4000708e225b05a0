package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// relay is a stretch of network between a browser and the server at an address, which
// can fail.
type relay struct {
	url     string // set at creation, as the others
	address string
	passed  lockedBuffer // what has gone to the browsers
	running sync.WaitGroup

	mu          sync.Mutex
	conns       map[net.Conn]struct{}
	away, lossy bool
}

func relayTo(t *testing.T, url string) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{url: strings.Replace(url, address(url), ln.Addr().String(), 1), address: address(url), conns: map[net.Conn]struct{}{}}
	r.running.Go(func() { r.accept(ln) })
	t.Cleanup(func() {
		_ = ln.Close()
		r.cut()
		r.running.Wait()
	})
	return r
}

func (r *relay) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		r.running.Go(func() { r.carry(conn) })
	}
}

func (r *relay) carry(conn net.Conn) {
	defer conn.Close()
	server, err := net.Dial("tcp", r.address)
	if err != nil || !r.keep(conn, server) {
		return
	}
	defer r.forget(conn, server)
	r.running.Go(func() {
		_, _ = io.Copy(io.MultiWriter(conn, &r.passed), server)
		_ = conn.Close()
	})
	_, _ = io.Copy(lossy{r, server}, conn)
	_ = server.Close()
}

func (r *relay) keep(conn, server net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		_ = server.Close()
		return false
	}
	r.conns[conn], r.conns[server] = struct{}{}, struct{}{}
	return true
}

func (r *relay) forget(conn, server net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
	delete(r.conns, server)
}

// lossy is a server that hears nothing while the relay is.
type lossy struct {
	*relay
	net.Conn
}

func (l lossy) Write(p []byte) (int, error) {
	l.mu.Lock()
	deaf := l.relay.lossy
	l.mu.Unlock()
	if deaf {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

// cut ends all connections.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		_ = conn.Close()
	}
}

// goAway ends all connections, and new ones until comeBack.
func (r *relay) goAway() {
	r.mu.Lock()
	r.away, r.lossy = true, false
	r.mu.Unlock()
	r.cut()
}

func (r *relay) comeBack() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = false
}

// lose has what comes from the browsers get lost, until goAway.
func (r *relay) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lossy = true
}
