package engine

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// secure is the TLS of a connection, crypto/tls between the frames and the socket, and
// what crypto/tls takes for the socket: that itself during the handshake, which is
// net/http's; from then on what the poller has read is fed to it, and what it writes waits
// to be sent.
type secure struct {
	net.Conn           // the socket; nil once the poller has it
	tls      *tls.Conn // set at creation; called with Conn.mu held from then on

	fed     []byte  // owned by whoever reads: read of the socket, not yet by crypto/tls
	records *[]byte // guarded by Conn.mu: written by crypto/tls, not yet to the socket; nil: nothing
}

// newSecure begins the server's side of TLS over a connection.
func newSecure(nc net.Conn, cfg *tls.Config) *secure {
	s := &secure{Conn: nc}
	s.tls = tls.Server(s, cfg)
	return s
}

// secureOf returns a connection's TLS, and its socket; nil where it is plain.
func secureOf(nc net.Conn) (s *secure, socket net.Conn) {
	t, ok := nc.(*tls.Conn)
	if !ok {
		return nil, nc
	}
	s = t.NetConn().(*secure)
	return s, s.Conn
}

// serverTLS is a program's configuration for this server: only HTTP/1.1 has connections
// that can be upgraded. Records are as long as they may be, because what is written at
// once arrives at once.
func serverTLS(cfg *tls.Config) *tls.Config {
	if cfg == nil {
		return nil
	}
	cfg = cfg.Clone()
	cfg.NextProtos = []string{"http/1.1"}
	cfg.DynamicRecordSizingDisabled = true
	return cfg
}

// Read is crypto/tls's, under Conn.mu.
func (s *secure) Read(b []byte) (int, error) {
	if s.Conn != nil {
		return s.Conn.Read(b)
	}
	if len(s.fed) == 0 {
		return 0, errNothingYet
	}
	n := copy(b, s.fed)
	s.fed = s.fed[n:]
	return n, nil
}

// errNothingYet is temporary: crypto/tls keeps what it has of a record, and goes on from
// there when it is asked again.
var errNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "engine: nothing to read yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }

// Write is crypto/tls's, under Conn.mu.
func (s *secure) Write(b []byte) (int, error) {
	if s.Conn != nil {
		return s.Conn.Write(b)
	}
	if s.records == nil {
		s.records = sendPool.Get().(*[]byte)
		*s.records = (*s.records)[:0]
	}
	*s.records = append(*s.records, b...)
	return len(b), nil
}

// SetWriteDeadline is crypto/tls's: once nothing waits for the socket there is none.
func (s *secure) SetWriteDeadline(t time.Time) error {
	if s.Conn == nil {
		return nil
	}
	return s.Conn.SetWriteDeadline(t)
}

// opened is what of a socket's bytes is deciphered at once.
type opened [64 << 10]byte

var openedPool = sync.Pool{New: func() any { return new(opened) }}

// decipher takes what the socket gave, records in any split, and feeds what is in
// them. It is whoever's that reads.
func (c *Conn) decipher(data []byte) {
	if c.phase.Load() == closed {
		return // crypto/tls would find the same fault again
	}
	buf := openedPool.Get().(*opened)
	defer openedPool.Put(buf)
	c.secure.fed = data
	for {
		n, err := c.open(buf)
		c.guard(func() { c.feed(buf[:n]) })
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF): // close_notify: as FIN where it is plain
			c.turn.Or(unpausable)
			c.turn.And(^paused)
			c.feedUnread()
			c.cut()
		case err != errNothingYet:
			c.engine.stats.refused[RefusedTLS].Add(1)
			c.cut()
		}
		return
	}
}

// open reads what is deciphered until there is no more or buf is full, and sends what TLS
// has to answer by itself: to a new key, or to a fault.
func (c *Conn) open(buf *opened) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n < len(buf) && err == nil {
		var got int
		got, err = c.secure.tls.Read(buf[n:])
		n += got
	}
	if c.secure.records != nil && c.queued.Load() > int64(c.engine.cfg.MaxBacklog) {
		c.refuseLocked(TooSlow) // it asks for new keys and does not read the answers
		c.cutLocked()
	}
	_ = c.putRecords() // a failure has cut it off already
	return n, err
}

// putRecords writes or queues the records that crypto/tls has written, none behind the
// last. mu is held.
func (c *Conn) putRecords() (err error) {
	s := c.secure
	if s.records == nil {
		return nil
	}
	if c.turn.Load()&lastWord == 0 {
		err = c.putBytes(*s.records)
	}
	if cap(*s.records) <= keptSend {
		sendPool.Put(s.records)
	}
	s.records = nil
	return err
}

// sealedAtOnce is how much of a long write is enciphered at a time, in bytes, and then the
// rest of a frame, so that most make one record: once it is, it is to be sent, and kept
// where the socket does not take it.
const sealedAtOnce = 15 << 10

// writeSealed is writeWhole over TLS: what a record holds goes or waits as a whole. mu is
// held, and the queue is empty.
func (c *Conn) writeSealed(b []byte, whole func(b []byte, n int) int) (taken int, err error) {
	for taken < len(b) && c.queued.Load() == 0 {
		end := len(b)
		if end-taken > sealedAtOnce {
			end = taken + whole(b[taken:], sealedAtOnce)
		}
		if err := c.putNow(b[taken:end]); err != nil {
			return taken, err
		}
		taken = end
	}
	if c.queued.Load() > 0 {
		c.engine.stats.stalls.Add(1)
	}
	return taken, nil
}

// sayEnd tells the peer, once, that nothing follows (RFC 8446 section 6.1). mu is held.
func (c *Conn) sayEnd() {
	if c.secure == nil {
		return
	}
	_ = c.secure.tls.CloseWrite() // into memory
	_ = c.putRecords()            // a failure has cut it off already
}
