package wsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
	"plenum/bench/wsclient/internal/socket"
)

// Dial opens a connection to a ws:// or wss:// URL with an IPv4 address and a port. It blocks
// until the upgrade is done. ctx bounds only the dial. tag is the caller's number for the
// client.
//
// If the server is on the loopback network, the source addresses are spread over 127.1.0.0/24,
// because one address would not have enough ports.
func (p *Pool) Dial(ctx context.Context, rawURL string, tag int) (*Client, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("bench: dial: %w", err)
	}
	target, ok := Address(u)
	if !ok {
		return nil, fmt.Errorf("bench: dial %s: the URL must be ws://IPv4:port/path or wss://IPv4:port/path", rawURL)
	}
	nth := p.dialled.Add(1)
	on := p.loops[nth%uint64(len(p.loops))]
	fd, err := socket.Connect(ctx, target, nth, socket.Limits{Receive: on.cfg.ReceiveBuffer, Unsent: on.cfg.Unsent})
	if err != nil {
		return nil, fmt.Errorf("bench: dial %s: %w", rawURL, err)
	}
	c := &Client{tag: tag, fd: fd, loop: on}
	if err = c.upgrade(ctx, u); err == nil {
		err = c.loop.add(c)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("bench: dial %s: %w", rawURL, err)
	}
	return c, nil
}

// DialAll opens n connections, at most parallel at a time. Connection i goes to url(i) and has
// the tag i. DialAll stops on the first error and returns it. Connections that are open then
// stay in the pool.
func (p *Pool) DialAll(ctx context.Context, n, parallel int, url func(i int) string) ([]*Client, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clients := make([]*Client, n)
	var next atomic.Int64
	dial := func() {
		for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
			c, err := p.Dial(ctx, url(i), i)
			if err != nil {
				cancel(err)
				return
			}
			clients[i] = c
		}
	}
	var dialling sync.WaitGroup
	for range parallel {
		dialling.Go(dial)
	}
	dialling.Wait()
	return clients, context.Cause(ctx)
}

// Address returns the address that u leads to. ok is false if a pool cannot dial u.
func Address(u *url.URL) (netip.AddrPort, bool) {
	address, err := netip.ParseAddrPort(u.Host)
	return address, err == nil && address.Addr().Is4() && (u.Scheme == "ws" || encrypted(u))
}

// encrypted reports whether u is dialed with TLS.
func encrypted(u *url.URL) bool { return u.Scheme == "wss" || u.Scheme == "https" }

// TLSConfig returns a client configuration that trusts roots, or the system's authorities if
// roots is nil. It offers only HTTP/1.1 (RFC 7301), which WebSocket needs (RFC 6455 section
// 4.1).
func TLSConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}
