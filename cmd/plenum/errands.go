package main

import "context"

// errands is what takes too long for a poller, and waits for one goroutine.
type errands chan func()

// mostErrands may wait.
const mostErrands = 256

// take has f done soon; false where too many wait.
func (e errands) take(f func()) bool {
	select {
	case e <- f:
		return true
	default:
		return false
	}
}

// run does them until ctx ends.
func (e errands) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-e:
			f()
		}
	}
}
