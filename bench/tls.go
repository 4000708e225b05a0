package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// tlsConn is TLS on a client's socket. It has no goroutine: the handshake is made by
// who dials, and from then on crypto/tls reads and writes a transport that never
// blocks. What it keeps for a connection is crypto/tls's own.
type tlsConn struct {
	conn  *tls.Conn
	wire  *transport
	early []byte // in the clear, came with the response to the upgrade; the loop's
}

// newTLS makes the handshake with the server whose certificate must name host.
func newTLS(ctx context.Context, fd int, cfg *tls.Config, host string) (*tlsConn, error) {
	if cfg.ServerName != host {
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	wire := &transport{fd: fd, wait: func(events int16) error { return await(ctx, fd, events) }}
	s := &tlsConn{conn: tls.Client(wire, cfg), wire: wire}
	// Without a context of its own it starts no goroutine; the transport minds ctx.
	if err := s.conn.Handshake(); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return s, nil
}

// ask sends the request and returns the response's head. It is the last that waits
// for the socket.
func (s *tlsConn) ask(request string) (head string, err error) {
	if _, err := io.WriteString(s.conn, request); err != nil {
		return "", fmt.Errorf("write request: %w", err)
	}
	var buf [maxHead]byte
	for have := 0; have < len(buf); {
		n, err := s.conn.Read(buf[have:])
		have += n
		if end := bytes.Index(buf[:have], headEnd); end >= 0 {
			s.early = append(s.early, buf[end+len(headEnd):have]...)
			s.wire.wait = nil
			return string(buf[:end]), nil
		}
		if err != nil {
			return "", fmt.Errorf("read response: %w", err)
		}
	}
	return "", fmt.Errorf("read response: %w", errLongHead)
}

// read reads the socket once, into raw, and returns what it gives in the clear, with
// how many bytes it was on the wire. clear has room for all of raw and a record more.
func (s *tlsConn) read(raw, clear []byte) (n, wire int, err error) {
	wire = s.wire.feed(raw)
	n = copy(clear, s.early)
	s.early = nil
	for err == nil && n < len(clear) {
		var more int
		more, err = s.conn.Read(clear[n:])
		n += more
	}
	switch {
	case !errors.Is(err, errNothingYet):
		return n, wire, err
	case n == 0:
		return 0, wire, unix.EAGAIN
	}
	return n, wire, nil
}

// seal returns what b is on the wire, behind what crypto/tls itself has had to say.
func (s *tlsConn) seal(b []byte) ([]byte, error) {
	if len(b) > 0 {
		// A copy, since what is given to crypto/tls is taken to outlive the call.
		if _, err := s.conn.Write(bytes.Clone(b)); err != nil {
			return nil, err
		}
	}
	return s.wire.take(), nil
}

// owes tells whether crypto/tls itself has had something to say, which seal returns.
func (s *tlsConn) owes() bool { return s.wire.owes() }
