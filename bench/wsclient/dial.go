package wsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
	"plenum/bench/endpoint"
	"plenum/bench/wsclient/internal/socket"
)

// dial is the unfinished part of opening a connection.
type dial struct {
	ctx  context.Context
	url  string
	at   netip.AddrPort
	key  string // Sec-WebSocket-Key
	done func(*Client, error)
	stop func() bool // ends the watch of ctx
	err  error       // of the write of the request; a read does not return it again
}

// Begin begins to open a connection to a ws:// or wss:// URL, whose host is an IP address or has one in Config.Addresses.
// When the upgrade is done or has failed, done is called once, with the client or an error. It
// must not block. It runs on the client's loop before any callback for the client, with TLS on
// the goroutine of the handshake. If Begin itself returns an error, done is not called. The end
// of ctx ends the dial, and means nothing to an open client. tag is the caller's number for the
// client.
//
// If the server is on the IPv4 loopback network, the source addresses are spread over 127.1.0.0/24,
// because one address would not have enough ports. On the IPv6 loopback network there is only one address.
func (p *Pool) Begin(ctx context.Context, rawURL string, tag int, done func(*Client, error)) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return fmt.Errorf("bench: dial: %w", err)
	}
	target, err := p.address(u)
	if err != nil {
		return fmt.Errorf("bench: dial %s: %w", rawURL, err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("bench: dial %s: %w", rawURL, context.Cause(ctx))
	}
	nth := p.dialled.Add(1)
	on := p.loops[nth%uint64(len(p.loops))]
	fd, err := socket.Connect(target, nth, socket.Limits{Receive: on.cfg.ReceiveBuffer, Unsent: on.cfg.Unsent})
	if err != nil {
		return dialError(rawURL, target, err)
	}
	c := &Client{tag: tag, fd: fd, loop: on, dial: &dial{ctx: ctx, url: rawURL, at: target, key: newKey(), done: done}}
	if endpoint.Encrypted(u) {
		go c.dialTLS(u)
		return nil
	}
	if err := c.ask(u); err != nil {
		var number unix.Errno
		if errors.As(err, &number) { // of the connect, which the write of the request reports
			err = number
		}
		return dialError(rawURL, target, err)
	}
	return nil
}

// ask sends the request and gives c to its loop, which reads the response. A connect that is not
// done yet takes no bytes. The request then waits in the backlog, as for any full socket.
func (c *Client) ask(u *url.URL) error {
	request := c.request(u)
	n, err := c.write(request)
	if err != nil {
		unix.Close(c.fd)
		return err
	}
	if n < len(request) {
		c.out = &backlog{bytes: request[n:]}
	}
	c.dial.stop = context.AfterFunc(c.dial.ctx, c.abort)
	if err := c.loop.add(c); err != nil {
		c.dial.stop()
		c.release()
		return err
	}
	return nil
}

// abort cuts a dial whose context has ended. The loop gets an event for the end of the socket.
func (c *Client) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dial != nil && c.fd >= 0 {
		_ = unix.Shutdown(c.fd, unix.SHUT_RDWR) // it fails only if the socket has ended by itself
	}
}

// dialTLS makes both handshakes and gives c to its loop. crypto/tls cannot pause in a handshake,
// so it has a goroutine until it is done.
func (c *Client) dialTLS(u *url.URL) {
	d := c.dial
	err := c.secure(u)
	if err == nil {
		c.dial = nil
		err = c.loop.add(c)
	}
	if err != nil {
		unix.Close(c.fd)
		d.done(nil, dialError(d.url, d.at, err))
		return
	}
	d.done(c, nil)
}

// respond handles the response to the upgrade of c, of which the read buffer has the first n bytes.
// It moves the bytes after the response to the front of the buffer. It returns 0 for have, and how
// many bytes are left to parse: none if the response is not complete.
func (l *loop) respond(c *Client, n int) (have, left int, err error) {
	l.recycle(c)
	head, ok, err := socket.Head(l.buf[:n])
	if err != nil {
		return 0, 0, fmt.Errorf("read response: %w", err)
	}
	if !ok {
		l.keep(c, l.buf[:n])
		return 0, 0, nil
	}
	if err := l.cfg.checkResponse(head, c.dial.key); err != nil {
		return 0, 0, err
	}
	d := c.dial
	if err := d.opened(); err != nil {
		return 0, 0, err
	}
	c.mu.Lock()
	c.dial = nil
	c.mu.Unlock()
	l.counters.open.Add(1)
	d.done(c, nil)
	return 0, copy(l.buf, l.buf[len(head)+socket.HeadEnd:n]), nil
}

// opened ends the watch of ctx. If ctx has ended, it returns an error: the socket is shut down, although
// the response had come already.
func (d *dial) opened() error {
	if d.stop() {
		return nil
	}
	return context.Cause(d.ctx)
}

// fail reports that the dial has failed. The socket is closed.
func (d *dial) fail(err error) {
	d.stop()
	if d.err != nil {
		err = d.err
	}
	var number unix.Errno
	switch cause := context.Cause(d.ctx); {
	case cause != nil:
		err = cause
	case err == io.EOF:
		err = fmt.Errorf("read response: %w", io.ErrUnexpectedEOF)
	case errors.As(err, &number):
		err = number // of the connect, or of the read
	}
	d.done(nil, dialError(d.url, d.at, err))
}

// dialError adds to an error what was dialed. The address is named only if the URL has a host name.
func dialError(url string, at netip.AddrPort, err error) error {
	if strings.Contains(url, at.Addr().String()) {
		return fmt.Errorf("bench: dial %s: %w", url, err)
	}
	return fmt.Errorf("bench: dial %s at %s: %w", url, at, err)
}

// Dial is like Begin, and blocks until the upgrade is done or has failed.
func (p *Pool) Dial(ctx context.Context, rawURL string, tag int) (*Client, error) {
	type result struct {
		c   *Client
		err error
	}
	ended := make(chan result, 1)
	if err := p.Begin(ctx, rawURL, tag, func(c *Client, err error) { ended <- result{c, err} }); err != nil {
		return nil, err
	}
	r := <-ended
	return r.c, r.err
}

// DialEach opens connections, at most parallel at a time, until next returns false or ctx has
// ended. It calls done with the client or the error of each, and blocks until all dials have
// ended. next and done are called on several loops at the same time, and must not block.
//
// The loop that has read a response begins the next dial itself. So no goroutine is woken.
func (p *Pool) DialEach(ctx context.Context, parallel int, next func() (url string, tag int, ok bool), done func(tag int, c *Client, err error)) {
	var dialling sync.WaitGroup
	var dial func()
	dial = func() {
		for ctx.Err() == nil {
			url, tag, ok := next()
			if !ok {
				break
			}
			err := p.Begin(ctx, url, tag, func(c *Client, err error) {
				done(tag, c, err)
				dial()
			})
			if err == nil {
				return
			}
			done(tag, nil, err)
		}
		dialling.Done()
	}
	dialling.Add(parallel)
	for range parallel {
		dial()
	}
	dialling.Wait()
}

// DialAll opens n connections, at most parallel at a time. Connection i goes to url(i) and has
// the tag i. DialAll stops on the first error and returns it. Connections that are open then
// stay in the pool.
func (p *Pool) DialAll(ctx context.Context, n, parallel int, url func(i int) string) ([]*Client, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clients := make([]*Client, n)
	var taken atomic.Int64
	next := func() (string, int, bool) {
		i := int(taken.Add(1) - 1)
		if i >= n {
			return "", i, false
		}
		return url(i), i, true
	}
	p.DialEach(ctx, parallel, next, func(i int, c *Client, err error) {
		clients[i] = c
		if err != nil {
			cancel(err)
		}
	})
	return clients, context.Cause(ctx)
}

// address returns the address that u leads to.
func (p *Pool) address(u *url.URL) (netip.AddrPort, error) {
	if address, ok := p.addresses[u.Host]; ok {
		return address, nil
	}
	if err := endpoint.Check(u); err != nil {
		return netip.AddrPort{}, err
	}
	if address, ok := endpoint.Literal(u); ok {
		return address, nil
	}
	return netip.AddrPort{}, errors.New("the host name is not resolved")
}

// TLSConfig returns a client configuration that trusts roots, or the system's authorities if
// roots is nil. It offers only HTTP/1.1 (RFC 7301), which WebSocket needs (RFC 6455 section
// 4.1).
func TLSConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}
