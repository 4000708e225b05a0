package engine

// heldMost is how much is held, in bytes, before it is written.
const heldMost = 16 << 10

// hold has what is sent wait until letGo: answers to many frames that came at once go
// out together, so that who floods the server with small ones takes little time of
// its poller.
func (c *Conn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = sendPool.Get().(*[]byte)
	*c.held = (*c.held)[:0]
}

// letGo writes what was held, where hold was called. mu is held.
func (c *Conn) letGo() {
	if c.held == nil {
		return
	}
	_ = c.putHeld() // a failure has cut it off already
	if cap(*c.held) <= keptSend {
		sendPool.Put(c.held)
	}
	c.held = nil
}

// putHeld writes what is held so far. mu is held.
func (c *Conn) putHeld() error {
	if len(*c.held) == 0 {
		return nil
	}
	err := c.putNow(*c.held)
	*c.held = (*c.held)[:0]
	return err
}
