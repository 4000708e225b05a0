package wsclient

// Fed is clients of one loop without sockets. Feed gives them what reads would have
// brought. It is for tests of a Config's callbacks, and for tests of this package.
type Fed struct {
	Clients []*Client // the ith carries the tag i
	loop    *loop
}

// NewFed returns n clients.
func NewFed(cfg Config, n int) *Fed {
	cfg = cfg.withDefaults()
	f := &Fed{loop: &loop{cfg: &cfg, buf: make([]byte, readBuffer)}}
	for tag := range n {
		f.Clients = append(f.Clients, &Client{fd: -1, tag: tag, loop: f.loop})
	}
	return f
}

// Feed is a read that brought b, at a time by Monotonic. b may be as long as maxMessage.
func (f *Fed) Feed(c *Client, b []byte, at int64) *Fault {
	l := f.loop
	have := copy(l.buf, c.tail)
	n := copy(l.buf[have:], b)
	l.now = tally{}
	fault := l.take(c, have, n, at)
	l.counters.add(l.now)
	return fault
}

// Stats returns what was counted.
func (f *Fed) Stats() (s Stats) {
	f.loop.counters.addTo(&s)
	return s
}
