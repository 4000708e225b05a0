package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// relay is a TCP proxy between browsers and a server. It simulates a network that fails.
type relay struct {
	url     string       // of the relay; set at creation
	address string       // of the server; set at creation
	passed  lockedBuffer // all bytes sent to the browsers
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
	if err != nil || !r.add(conn, server) {
		return
	}
	defer r.remove(conn, server)
	r.running.Go(func() {
		_, _ = io.Copy(io.MultiWriter(conn, &r.passed), server)
		_ = conn.Close()
	})
	_, _ = io.Copy(lossy{r, server}, conn)
	_ = server.Close()
}

func (r *relay) add(conn, server net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		_ = server.Close()
		return false
	}
	r.conns[conn], r.conns[server] = struct{}{}, struct{}{}
	return true
}

func (r *relay) remove(conn, server net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
	delete(r.conns, server)
}

// lossy is the connection to a server. It discards all bytes while the relay is lossy.
type lossy struct {
	*relay
	net.Conn
}

func (l lossy) Write(p []byte) (int, error) {
	l.mu.Lock()
	discard := l.relay.lossy
	l.mu.Unlock()
	if discard {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

// cut closes all connections.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		_ = conn.Close()
	}
}

// disconnect closes all connections, and refuses new ones until restore.
func (r *relay) disconnect() {
	r.mu.Lock()
	r.away, r.lossy = true, false
	r.mu.Unlock()
	r.cut()
}

func (r *relay) restore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = false
}

// lose discards all bytes from the browsers until disconnect.
func (r *relay) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lossy = true
}
