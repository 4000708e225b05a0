package socket

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// TLS is the TLS layer of a client's socket. It has no goroutine. The dialing goroutine makes
// the handshake. From then on crypto/tls reads and writes a transport that never blocks. Almost
// all memory of a connection is that of crypto/tls.
type TLS struct {
	conn  *tls.Conn
	wire  *transport
	early []byte // decrypted data that arrived with the response to the upgrade; owned by the loop
}

// NewTLS makes the handshake. The server's certificate must name host.
func NewTLS(ctx context.Context, fd int, cfg *tls.Config, host string) (*TLS, error) {
	if cfg.ServerName != host {
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	wire := &transport{fd: fd, wait: func(events int16) error { return await(ctx, fd, events) }}
	s := &TLS{conn: tls.Client(wire, cfg), wire: wire}
	// Handshake starts no goroutine, unlike HandshakeContext. The transport watches ctx.
	if err := s.conn.Handshake(); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return s, nil
}

// Ask sends a request and returns the head of the response. It is the last call that waits for
// the socket.
func (s *TLS) Ask(request []byte) (head string, err error) {
	if _, err := s.conn.Write(request); err != nil {
		return "", fmt.Errorf("write request: %w", err)
	}
	var buf [maxHead]byte
	for have := 0; ; {
		n, err := s.conn.Read(buf[have:])
		have += n
		head, ok, long := Head(buf[:have])
		switch {
		case ok:
			s.early = append(s.early, buf[len(head)+HeadEnd:have]...)
			s.wire.wait = nil
			return head, nil
		case long != nil:
			return "", fmt.Errorf("read response: %w", long)
		case err != nil:
			return "", fmt.Errorf("read response: %w", err)
		}
	}
}

// Read reads the socket once into raw, and decrypts the data into clear. It returns the number
// of decrypted bytes, and the number of bytes on the wire. clear must have room for all of raw
// and one record more.
func (s *TLS) Read(raw, clear []byte) (n, wire int, err error) {
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

// Seal returns b encrypted. Records that crypto/tls itself has written come first.
func (s *TLS) Seal(b []byte) ([]byte, error) {
	if len(b) > 0 {
		// The clone escapes to the heap, so that b can stay on the caller's stack.
		if _, err := s.conn.Write(bytes.Clone(b)); err != nil {
			return nil, err
		}
	}
	return s.wire.take(), nil
}

// Owes reports whether crypto/tls itself has written records that Seal has not returned yet.
func (s *TLS) Owes() bool { return s.wire.owes() }
