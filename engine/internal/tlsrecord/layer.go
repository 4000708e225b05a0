// Package tlsrecord lets crypto/tls run over a socket that somebody else reads and writes.
//
// During the handshake a Layer reads and writes the socket, as usual. After Detach its owner
// feeds it the bytes that were read from the socket, and takes from it the records that are
// to be written. A Layer has no goroutine, lock or timer: its owner serializes the calls.
package tlsrecord

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// Layer is the TLS of one connection. The zero value is a plain connection.
type Layer struct{ conn *tls.Conn }

// Server begins the server's side of TLS over socket. The result is for net/http, which makes the handshake.
func Server(socket net.Conn, cfg *tls.Config) *tls.Conn {
	return tls.Server(&transport{Conn: socket}, cfg)
}

// ServerConfig is a program's configuration for a server of HTTP/1.1, which alone has
// connections that can be upgraded. Records have full length, so that bytes that
// are written together arrive together.
func ServerConfig(cfg *tls.Config) *tls.Config {
	if cfg == nil {
		return nil
	}
	cfg = cfg.Clone()
	cfg.NextProtos = []string{"http/1.1"}
	cfg.DynamicRecordSizingDisabled = true
	return cfg
}

// Of returns the Layer of a connection that Server returned, and the socket below it. For
// any other connection these are a plain Layer and nc.
func Of(nc net.Conn) (l Layer, socket net.Conn) {
	conn, ok := nc.(*tls.Conn)
	if !ok {
		return Layer{}, nc
	}
	l = Layer{conn}
	return l, l.transport().Conn
}

// Encrypted tells whether the connection speaks TLS. The other methods, except Seal and
// Release, are only for those that do.
func (l Layer) Encrypted() bool { return l.conn != nil }

// HandshakeDone tells whether the handshake is complete.
func (l Layer) HandshakeDone() bool { return l.conn.ConnectionState().HandshakeComplete }

// Detach ends the Layer's own use of the socket.
func (l Layer) Detach() { l.transport().Conn = nil }

// Feed gives l bytes that were read from the socket. They stay the caller's, who must not
// change them before Open has returned an error.
func (l Layer) Feed(data []byte) { l.transport().fed = data }

// Open deciphers into buf until it is full or until there is an error. The error is
// ErrNothingYet if no whole record is left, and io.EOF after the peer's close_notify.
func (l Layer) Open(buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = l.conn.Read(buf[n:])
		n += got
	}
	return n, err
}

// Seal enciphers b, and returns all records that wait to be written. They are valid until
// Release. A plain connection's are b itself. After a fault of TLS there are none.
func (l Layer) Seal(b []byte) []byte {
	if l.conn == nil { // inlined: plain connections pay nothing
		return b
	}
	return l.seal(b)
}

func (l Layer) seal(b []byte) []byte {
	_, _ = l.conn.Write(b) // into memory
	return l.Records()
}

// Records returns the records that wait to be written; they are valid until Release.
func (l Layer) Records() []byte {
	records := l.transport().records
	if records == nil {
		return nil
	}
	return *records
}

// Release forgets the records that wait, because they were written, or copied.
func (l Layer) Release() {
	if l.conn != nil { // inlined: plain connections pay nothing
		l.release()
	}
}

func (l Layer) release() {
	t := l.transport()
	if t.records != nil && cap(*t.records) <= keptRecords {
		recordsPool.Put(t.records)
	}
	t.records = nil
}

// CloseWrite adds a close_notify to the records that wait, unless one was sent before (RFC 8446 section 6.1).
func (l Layer) CloseWrite() { _ = l.conn.CloseWrite() } // into memory

func (l Layer) transport() *transport { return l.conn.NetConn().(*transport) }

// transport is what crypto/tls takes for the socket.
type transport struct {
	net.Conn // the socket; nil after Detach

	fed     []byte  // read from the socket, not yet by crypto/tls
	records *[]byte // written by crypto/tls, not yet to the socket; nil: none
}

// keptRecords bounds the buffers that go back to recordsPool, in bytes.
const keptRecords = 64 << 10

var recordsPool = sync.Pool{New: func() any { return new([]byte) }}

// Read is called by crypto/tls.
func (t *transport) Read(b []byte) (int, error) {
	if t.Conn != nil {
		return t.Conn.Read(b)
	}
	if len(t.fed) == 0 {
		return 0, ErrNothingYet
	}
	n := copy(b, t.fed)
	t.fed = t.fed[n:]
	return n, nil
}

// Write is called by crypto/tls.
func (t *transport) Write(b []byte) (int, error) {
	if t.Conn != nil {
		return t.Conn.Write(b)
	}
	if t.records == nil {
		t.records = recordsPool.Get().(*[]byte)
		*t.records = (*t.records)[:0]
	}
	*t.records = append(*t.records, b...)
	return len(b), nil
}

// SetWriteDeadline is called by crypto/tls. After Detach nothing waits for the socket, so
// there is no deadline.
func (t *transport) SetWriteDeadline(at time.Time) error {
	if t.Conn == nil {
		return nil
	}
	return t.Conn.SetWriteDeadline(at)
}

// ErrNothingYet says that no whole record is left. It is temporary, so that crypto/tls keeps the
// part of a record that it has, and goes on from there.
var ErrNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "tlsrecord: nothing to read yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }
