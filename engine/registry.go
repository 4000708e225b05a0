package engine

import (
	"errors"
	"sync"
)

var (
	errFull     = errors.New("engine: connection limit reached")
	errStopping = errors.New("engine: shutting down")
)

// registry is the table of all connections. A connection is added before its handshake is answered and removed after its
// OnClose has returned.
type registry struct {
	limit int           // set at creation
	empty chan struct{} // closed when refusing is set and no connection is left

	mu       sync.Mutex
	table    connTable
	refusing bool // add fails with errStopping
}

// add adds c. The error is errFull or errStopping.
func (r *registry) add(c *Conn) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusing {
		return errStopping
	}
	if r.table.len >= r.limit {
		return errFull
	}
	r.table.add(c)
	return nil
}

func (r *registry) remove(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table.remove(c)
	r.announceEmpty()
}

// refuse makes every later add fail with errStopping.
func (r *registry) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusing = true
	r.announceEmpty()
}

func (r *registry) announceEmpty() {
	if !r.refusing || r.table.len > 0 {
		return
	}
	select {
	case <-r.empty:
	default:
		close(r.empty)
	}
}

func (r *registry) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.len
}

// snapshot returns all connections. It locks the table for one block at a time. So a connection that is added meanwhile may be
// missing, and one that is removed meanwhile may be there. A connection is there twice if it is moved down meanwhile.
func (r *registry) snapshot() []*Conn {
	all, block := make([]*Conn, 0, r.len()), make([]*Conn, connBlock)
	for i := r.blocks() - 1; i >= 0; i-- {
		all = append(all, block[:r.copyBlock(block, i)]...)
	}
	return all
}

func (r *registry) blocks() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.table.blocks)
}

// copyBlock copies the connections of block i to dst, and returns their number.
func (r *registry) copyBlock(dst []*Conn, i int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return copy(dst, r.table.block(i))
}
