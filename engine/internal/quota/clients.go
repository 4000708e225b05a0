package quota

import (
	"net/netip"
	"sync"
)

// Clients counts the connections of each client. A nil one counts nothing. Any goroutine may call it.
type Clients struct {
	limit int // set at creation

	mu    sync.Mutex
	conns map[netip.Addr]int
}

// NewClients allows limit connections per client; 0: any number, and none is counted.
func NewClients(limit int) *Clients {
	if limit == 0 {
		return nil
	}
	return &Clients{limit: limit, conns: map[netip.Addr]int{}}
}

// Enter counts one more connection of b's client; false if it has as many as it may have.
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

// Leave is Enter's reverse.
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

// Len is how many connections are counted, of all clients.
func (c *Clients) Len() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conns := range c.conns {
		n += conns
	}
	return n
}

// clientOf is the client whose address, a host and a port, it is: an IPv4 address, or an IPv6 network of 64
// bits, which is the least that a subscriber is given (RFC 6177 section 2).
func clientOf(address string) netip.Addr {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Addr{} // of no network: counted together
	}
	a := ap.Addr().Unmap().WithZone("")
	if a.Is6() {
		return netip.PrefixFrom(a, 64).Masked().Addr()
	}
	return a
}
