package wsclient

// FakeClients is a set of clients without sockets on one loop. Feed stands in for reads of a
// socket. It is for tests of this package and of callbacks in a Config.
type FakeClients struct {
	Clients []*Client // client i has the tag i
	loop    *loop
}

// NewFakeClients returns n clients without sockets.
func NewFakeClients(cfg Config, n int) *FakeClients {
	cfg = cfg.withDefaults()
	f := &FakeClients{loop: &loop{cfg: &cfg, buf: make([]byte, readBuffer)}}
	for tag := range n {
		f.Clients = append(f.Clients, &Client{fd: -1, tag: tag, loop: f.loop})
	}
	return f
}

// Feed handles b as if c had read it at the time at, Monotonic. b must not be longer than 128
// KiB.
func (f *FakeClients) Feed(c *Client, b []byte, at int64) *Fault {
	l := f.loop
	have := copy(l.buf, c.tail)
	n := copy(l.buf[have:], b)
	l.now = tally{}
	fault := l.take(c, have, n, at)
	l.counters.add(l.now)
	return fault
}

// Stats returns the counters of the loop.
func (f *FakeClients) Stats() (s Stats) {
	f.loop.counters.addTo(&s)
	return s
}
