// Command raw is the limit the others are held against: one thread, one epoll,
// one write(2) a delivery. Accepting, upgrading and framing are by hand and do no
// more than the benchmark needs: a fragmented message ends the connection, text
// is not checked to be UTF-8.
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
