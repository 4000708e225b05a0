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

// registry is the table of all connections. A connection is added before its handshake is answered and removed after its
// OnClose has returned.
type registry struct {
	limit int           // set at creation
	empty chan struct{} // closed when refusing is set and no connection is left

	mu       sync.Mutex
	all      []*Conn // without gaps; Conn.index is the position of a Conn
	refusing bool    // add fails with errStopping
}

// add adds c. The error is errFull or errStopping.
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

// MaxDescriptors is the number of descriptors that an Engine can use at most, even if the descriptor limit is higher. It
// is the size of nbio's table of connections.
const MaxDescriptors = 2 << 20

// ConnsWithin returns the number of connections that a descriptor limit allows. It leaves a reserve for handshakes, which
// take two descriptors each for a moment, and for HTTP requests, listeners and files.
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
