//go:build storm

package storm

import (
	"errors"
	"io"
	"maps"

	"golang.org/x/sys/unix"
)

// count counts an event by its name.
func (c *crowd) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[what]++
}

// note keeps err for lastError.
func (c *crowd) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// lastError returns the last failure that is not counted by its reason.
func (c *crowd) lastError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// reset sets all counts to 0.
func (c *crowd) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.counts)
}

// counted returns a copy of the counts.
func (c *crowd) counted() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

// countFailure counts a failed attempt by its reason.
func (c *crowd) countFailure(err error) {
	switch {
	case errors.Is(err, unix.ECONNREFUSED):
		c.count("refused")
	case errors.Is(err, errOverdue):
		c.count("timed out")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, unix.ECONNRESET):
		c.count("cut off")
	default:
		c.count("failed otherwise")
		c.note(err)
	}
}
