//go:build lab

package main

import (
	"time"

	"plenum/codec/frame"
)

// maxClosing bounds the closing handshakes under way. The kernel needs up to 3 KB more for a
// connection while it is being closed.
const maxClosing = 10_000

// leave closes all connections. It gives up if no connection has ended for patience.
func (t *trial) leave() {
	asked := t.ended()
	for _, c := range t.clients {
		if c == nil || c.Close(frame.CloseNormal) != nil {
			continue // the connection has failed or ended before
		}
		asked++
		for since := time.Now(); asked > t.ended()+maxClosing; time.Sleep(5 * time.Millisecond) {
			if time.Since(since) > patience {
				return
			}
		}
	}
}

// ended returns the number of connections that have ended.
func (t *trial) ended() uint64 {
	s := t.pool.Stats()
	return s.Clean + s.Broken
}
