// Command raw is the lower bound that the other servers are compared with: one thread, one epoll,
// and one write(2) per delivery. It does no more than the benchmark needs: it closes a connection
// that sends a fragmented message, and does not check that text is UTF-8.
package main

import (
	"context"
	"runtime"

	"plenum/bench/peers/internal/peer"
)

func main() { peer.Main("raw", run) }

func run(ctx context.Context, o peer.Options) error {
	runtime.LockOSThread()
	s, err := listen(o)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, s.stop)()
	o.Ready(s.addr)
	return s.loop()
}
