package engine

import "sync"

// held is the bytes of a connection that are in memory but not in nbio's queue. It comes from a pool. Conn.mu guards it.
type held struct {
	isCorked bool
	corked   []byte // bytes that wait for uncork
	early    []byte // the queue until the socket is registered
}

var heldPool = sync.Pool{New: func() any { return new(held) }}

// hold returns o.held. If it is nil, hold takes an empty one from the pool. c.mu is held.
func (o *outbound) hold() *held {
	if o.held == nil {
		o.held = heldPool.Get().(*held)
	}
	return o.held
}

// release returns o.held to the pool if it is empty. c.mu is held.
func (o *outbound) release() {
	h := o.held
	if h == nil || h.isCorked || len(h.early) > 0 {
		return
	}
	o.held = nil
	if cap(h.corked) <= keptScratch {
		heldPool.Put(h)
	}
}

// dropEarly empties held.early. c.mu is held.
func (o *outbound) dropEarly() {
	if o.held != nil {
		o.held.early = nil
		o.release()
	}
}

// maxCorked bounds the collected bytes. When that many are collected, they are written, and the connection stays corked.
const maxCorked = 16 << 10

// cork collects sent bytes until uncork. Answers to many frames that arrived together are then written together. So a
// client that floods the server with small frames takes little time of its poller.
//
// began is false if the connection is corked already. Otherwise the caller must call uncork.
func (o *outbound) cork(c *Conn) (began bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return o.corkLocked()
}

// corkLocked is cork. c.mu is held.
func (o *outbound) corkLocked() (began bool) {
	if o.isCorked() {
		return false
	}
	o.hold().isCorked = true
	return true
}

// maxCollected is the length of the longest frames that Collect copies, in bytes. A copy of longer frames would
// cost more than the write that it saves.
const maxCollected = 4 << 10

// Collect is WriteFrames for a caller that is about to write more frames to c. It copies b, so that WriteCollected can
// write the frames of several calls together. If b has more than 4 KiB, Collect writes it at once.
//
// If begins is true, b is the beginning of a write, and the caller must call WriteCollected soon. If begins is false and b
// was taken, the write began earlier, and the goroutine that began it ends it.
func (c *Conn) Collect(b []byte) (taken int, begins bool, err error) {
	if len(b) > maxCollected {
		taken, err = c.WriteFrames(b)
		return taken, taken > 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.phase.Load() != phaseOpen {
		return 0, false, ErrClosed
	}
	if c.out.queued.Load() > 0 {
		return 0, false, nil
	}
	begins = c.out.corkLocked()
	return len(b), begins, c.out.writeOrCork(c, b)
}

// WriteCollected writes the frames that Collect has copied.
func (c *Conn) WriteCollected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.uncork(c)
}

// isCorked reports whether the connection is corked. c.mu is held.
func (o *outbound) isCorked() bool { return o.held != nil && o.held.isCorked }

// uncork writes the collected bytes, if the connection is corked. c.mu is held.
func (o *outbound) uncork(c *Conn) {
	if !o.isCorked() {
		return
	}
	_ = o.flushCorked(c) // on an error the connection is cut already
	o.held.isCorked = false
	o.release()
}

// flushCorked writes the bytes collected so far. The connection stays corked. c.mu is held.
func (o *outbound) flushCorked(c *Conn) error {
	if o.held == nil || len(o.held.corked) == 0 {
		return nil
	}
	err := o.writeOrQueue(c, c.tls.Seal(o.held.corked))
	o.held.corked = o.held.corked[:0]
	return err
}
