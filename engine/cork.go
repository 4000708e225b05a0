package engine

// maxCorked bounds the collected bytes. When there are so many, they are written, and the connection stays corked.
const maxCorked = 16 << 10

// cork collects sent bytes until uncork. Answers to many frames that arrived together are then written together. So a
// client that floods the server with small frames takes little time of its poller.
func (o *outbound) cork(c *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o.corked = getScratch()
}

// uncork writes the collected bytes, if the connection is corked. c.mu is held.
func (o *outbound) uncork(c *Conn) {
	if o.corked == nil {
		return
	}
	_ = o.flushCorked(c) // on an error the connection is cut already
	putScratch(o.corked)
	o.corked = nil
}

// flushCorked writes the bytes collected so far. The connection stays corked. c.mu is held.
func (o *outbound) flushCorked(c *Conn) error {
	if o.corked == nil || len(*o.corked) == 0 {
		return nil
	}
	err := o.writeOrQueue(c, c.tls.Seal(*o.corked))
	*o.corked = (*o.corked)[:0]
	return err
}
