package quota

import (
	"net/netip"
	"sync"
)

// Clients counts the connections of each client and bounds them. A nil *Clients has no bound and counts nothing. Any
// goroutine may call it.
type Clients struct {
	limit int // set at creation

	mu    sync.Mutex
	conns map[netip.Addr]int
}

// NewClients returns a Clients that allows limit connections per client, or nil if limit is 0.
func NewClients(limit int) *Clients {
	if limit == 0 {
		return nil
	}
	return &Clients{limit: limit, conns: map[netip.Addr]int{}}
}

// Enter counts one more connection of b's client. It returns false, and counts nothing, if the client is at the limit.
func (c *Clients) Enter(b *Budget) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[b.client] >= c.limit {
		return false
	}
	c.conns[b.client]++
	return true
}

// Leave undoes one successful Enter.
func (c *Clients) Leave(b *Budget) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[b.client]--; c.conns[b.client] == 0 {
		delete(c.conns, b.client)
	}
}

// Len returns the number of connections of all clients.
func (c *Clients) Len() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conns := range c.conns {
		n += conns
	}
	return n
}

// clientOf returns the client for an address of the form host:port. A client is an IPv4 address or an IPv6 network of 64
// bits, the smallest network that a subscriber gets (RFC 6177 section 2).
func clientOf(address string) netip.Addr {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Addr{} // not an IP address: all such clients are counted together
	}
	a := ap.Addr().Unmap().WithZone("")
	if a.Is6() {
		return netip.PrefixFrom(a, 64).Masked().Addr()
	}
	return a
}
