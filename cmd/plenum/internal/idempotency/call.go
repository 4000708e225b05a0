package idempotency

import (
	"errors"
	"slices"
	"sync"

	"plenum/rooms"
)

// Result is the result of a message.
type Result struct {
	Epoch rooms.Epoch
	Seq   uint64 // 0: not published
	Err   error
}

// decided reports whether the message must not be published again: it was published, or it may have been.
func (r Result) decided() bool { return r.Seq > 0 || errors.Is(r.Err, rooms.ErrUnknown) }

// Call is a request that publishes messages.
type Call struct {
	mu      sync.Mutex
	results []Result
	open    int           // messages that are being published
	done    chan struct{} // closed when open is 0; replaced by Begin
}

// NewCall returns a call with n messages.
func NewCall(n int) *Call { return &Call{results: make([]Result, n)} }

// Begin returns the messages that the caller must publish now, each with its Receipt. It leaves out messages that were
// published, or may have been. If another request is publishing messages of the call, it returns no messages. done is closed
// when all messages of the call have results.
func (c *Call) Begin() (publish []int, done <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open > 0 {
		return nil, c.done
	}
	c.done = make(chan struct{})
	for i, r := range c.results {
		if !r.decided() {
			publish = append(publish, i)
		}
	}
	if c.open = len(publish); c.open == 0 {
		close(c.done)
	}
	return publish, c.done
}

// Receipt returns the receipt for a message. It does not block, and stays valid after the request has ended.
func (c *Call) Receipt(message int) rooms.Receipt { return receipt{c, message} }

type receipt struct {
	call    *Call
	message int
}

// Published implements rooms.Receipt.
func (r receipt) Published(epoch rooms.Epoch, seq uint64, err error) {
	c := r.call
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results[r.message] = Result{epoch, seq, err}
	if c.open--; c.open == 0 {
		close(c.done)
	}
}

// Results returns the results in the order of the messages.
func (c *Call) Results() []Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.results)
}
