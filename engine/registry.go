package engine

import (
	"errors"
	"slices"
	"sync"
	"syscall"

	"github.com/lesismal/nbio"
)

var (
	errFull     = errors.New("engine: connection limit reached")
	errStopping = errors.New("engine: shutting down")
)

// registry is the table of all connections. A connection is in it from before
// its handshake is answered until its OnClose has returned.
type registry struct {
	limit int           // set at creation
	empty chan struct{} // closed when refusing and nobody is left

	mu       sync.Mutex
	all      []*Conn // dense; Conn.index is the index
	refusing bool
}

// add takes c in, or says why not: errFull or errStopping.
func (r *registry) add(c *Conn) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusing {
		return errStopping
	}
	if len(r.all) >= r.limit {
		return errFull
	}
	c.index = int32(len(r.all))
	r.all = append(r.all, c)
	return nil
}

func (r *registry) remove(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.all) - 1
	moved := r.all[last]
	r.all[c.index] = moved
	moved.index = c.index
	r.all[last] = nil
	r.all = r.all[:last]
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
	if !r.refusing || len(r.all) > 0 {
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
	return len(r.all)
}

func (r *registry) snapshot() []*Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// MaxDescriptors is how many an Engine can use, whatever the limit: nbio's table of
// connections has no more places.
const MaxDescriptors = 2 << 20

// ConnsWithin is how many connections so many descriptors allow. A reserve is left for
// handshakes (each takes two for a moment), requests, the listeners and the files.
func ConnsWithin(descriptors int) int { return max(descriptors-reserve(descriptors), 1) }

func defaultMaxConns() int { return ConnsWithin(descriptorLimit()) }

func reserve(limit int) int { return limit/128 + 64 }

func descriptorLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1 << 10
	}
	return int(min(limit.Cur, uint64(nbio.MaxOpenFiles))) // at most MaxDescriptors
}
