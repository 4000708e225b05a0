// Package tlsrecord runs crypto/tls in memory, for a caller that reads and writes the socket itself.
//
// During the TLS handshake, a Layer reads and writes the socket as usual. After Detach, its owner passes it the bytes
// read from the socket, and gets from it the records to write. A Layer has no goroutine, lock or timer. The owner
// serializes the calls.
package tlsrecord

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// Layer is the TLS layer of one connection. The zero value is the layer of a plain connection.
type Layer struct{ conn *tls.Conn }

// Server returns the server side of a TLS connection over socket. It is passed to net/http, which does the handshake.
func Server(socket net.Conn, cfg *tls.Config) *tls.Conn {
	return tls.Server(&transport{Conn: socket}, cfg)
}

// ServerConfig returns a copy of cfg for a server that speaks only HTTP/1.1, because only its connections can be
// upgraded. Records have full length, so that bytes that are written together arrive together. It returns nil if cfg is
// nil.
func ServerConfig(cfg *tls.Config) *tls.Config {
	if cfg == nil {
		return nil
	}
	cfg = cfg.Clone()
	cfg.NextProtos = []string{"http/1.1"}
	cfg.DynamicRecordSizingDisabled = true
	return cfg
}

// Of returns the Layer of a connection that Server returned, and the socket below it. For any other connection it returns
// the layer of a plain connection, and nc.
func Of(nc net.Conn) (l Layer, socket net.Conn) {
	conn, ok := nc.(*tls.Conn)
	if !ok {
		return Layer{}, nc
	}
	l = Layer{conn}
	return l, l.transport().Conn
}

// Encrypted reports whether the connection uses TLS. If it does not, the only other methods that may be called are Seal
// and Release.
func (l Layer) Encrypted() bool { return l.conn != nil }

// HandshakeDone reports whether the TLS handshake is complete.
func (l Layer) HandshakeDone() bool { return l.conn.ConnectionState().HandshakeComplete }

// Detach makes the Layer work in memory. Afterwards it does not use the socket.
func (l Layer) Detach() { l.transport().Conn = nil }

// Feed passes bytes that were read from the socket to l. data stays the caller's. The caller must not change it before
// Open has returned an error.
func (l Layer) Feed(data []byte) { l.transport().fed = data }

// Open decrypts into buf until buf is full or an error occurs. The error is ErrNothingYet if no complete record is left,
// and io.EOF after the peer's close_notify.
func (l Layer) Open(buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = l.conn.Read(buf[n:])
		n += got
	}
	return n, err
}

// Seal encrypts b and returns all records that wait to be written. They are valid until Release. For a plain connection,
// Seal returns b itself. After an error of TLS, b makes no records.
func (l Layer) Seal(b []byte) []byte {
	if l.conn == nil { // inlined: plain connections pay nothing
		return b
	}
	return l.seal(b)
}

func (l Layer) seal(b []byte) []byte {
	_, _ = l.conn.Write(b) // to memory; after an error there are no records
	return l.Records()
}

// Records returns the records that wait to be written. They are valid until Release.
func (l Layer) Records() []byte {
	records := l.transport().records
	if records == nil {
		return nil
	}
	return *records
}

// Release drops the waiting records, because the caller has written or copied them.
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
func (l Layer) CloseWrite() { _ = l.conn.CloseWrite() } // to memory

func (l Layer) transport() *transport { return l.conn.NetConn().(*transport) }

// transport is the net.Conn that crypto/tls uses as its socket.
type transport struct {
	net.Conn // the socket; nil after Detach

	fed     []byte  // bytes from the socket that crypto/tls has not read yet
	records *[]byte // bytes from crypto/tls that are not written to the socket yet; nil if none
}

// keptRecords bounds the buffers that return to recordsPool, in bytes.
const keptRecords = 64 << 10

var recordsPool = sync.Pool{New: func() any { return new([]byte) }}

// Read implements net.Conn for crypto/tls.
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

// Write implements net.Conn for crypto/tls.
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

// SetWriteDeadline implements net.Conn for crypto/tls. After Detach it does nothing, because no write waits for the
// socket.
func (t *transport) SetWriteDeadline(at time.Time) error {
	if t.Conn == nil {
		return nil
	}
	return t.Conn.SetWriteDeadline(at)
}

// ErrNothingYet means that no complete record is left. The error is temporary, so crypto/tls keeps the incomplete record
// and continues after the next Feed.
var ErrNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "tlsrecord: no complete record yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }
