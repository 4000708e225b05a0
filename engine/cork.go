package engine

// maxCorked is how many bytes are kept before they are written.
const maxCorked = 16 << 10

// cork keeps what is sent until uncork. Answers to many frames that came at once then
// go out together, so that a client who floods the server with small frames takes little time of
// its poller.
func (o *outbound) cork(c *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o.corked = getScratch()
}

// uncork writes what was kept, if the connection is corked. c.mu is held.
func (o *outbound) uncork(c *Conn) {
	if o.corked == nil {
		return
	}
	_ = o.flushCorked(c) // a failure has cut it off already
	putScratch(o.corked)
	o.corked = nil
}

// flushCorked writes what is kept so far; the connection stays corked. c.mu is held.
func (o *outbound) flushCorked(c *Conn) error {
	if o.corked == nil || len(*o.corked) == 0 {
		return nil
	}
	err := o.writeOrQueue(c, c.tls.Seal(*o.corked))
	*o.corked = (*o.corked)[:0]
	return err
}
