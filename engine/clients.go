package engine

import (
	"errors"
	"net/netip"
	"sync"
)

// errClient refuses one more connection of an address.
var errClient = errors.New("engine: too many connections from this address")

// clients counts the connections of each address. A nil one counts nothing.
type clients struct {
	limit int // set at creation

	mu    sync.Mutex
	conns map[netip.Addr]int
}

func newClients(limit int) *clients {
	if limit == 0 {
		return nil
	}
	return &clients{limit: limit, conns: map[netip.Addr]int{}}
}

// enter counts one more of b's client; false where it has enough.
func (c *clients) enter(b *budget) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[b.who] >= c.limit {
		return false
	}
	c.conns[b.who]++
	return true
}

// leave is enter's reverse.
func (c *clients) leave(b *budget) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[b.who]--; c.conns[b.who] == 0 {
		delete(c.conns, b.who)
	}
}

// len is how many connections are counted, of all addresses.
func (c *clients) len() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conns := range c.conns {
		n += conns
	}
	return n
}

// whose is whom an address is counted for: itself, or with IPv6 its network of 64
// bits, which is the least that a subscriber is given (RFC 6177 section 2).
func whose(address string) netip.Addr {
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
