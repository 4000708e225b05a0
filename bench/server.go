package bench

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"plenum/bench/clock"
)

// ServerUse is what the server's process used from the first message to the last
// delivery; where it has several nodes, all of them together.
type ServerUse struct {
	PID      int     `json:"pid"` // the first node's
	Nodes    int     `json:"nodes,omitempty"`
	CPU      float64 `json:"cpu_seconds"`
	Share    float64 `json:"cpu_cores"`
	Each     float64 `json:"cpu_us_per_delivery"`
	RSSFirst int64   `json:"rss_before_bytes"` // before the first connection
	RSSOpen  int64   `json:"rss_open_bytes"`   // with all connections, before the first message
	RSSMax   int64   `json:"rss_max_bytes"`
	RSSLast  int64   `json:"rss_after_bytes"`
}

// observer follows a server's processes, and what is between them. A nil one sees nothing.
type observer struct {
	pids   processes
	use    ServerUse
	broker *broker

	cpu      time.Duration
	stopping context.CancelFunc
	sampling sync.WaitGroup
}

// observe finds the processes: pid, or for 0 those that listen at the addresses.
func observe(pid int, addresses []netip.AddrPort) (*observer, error) {
	o := &observer{pids: processes{PID(pid)}}
	if pid == 0 {
		var err error
		if o.pids, err = listeners(addresses); err != nil {
			return nil, err
		}
	}
	rss, err := o.pids.RSS()
	if err != nil {
		return nil, err
	}
	o.use.PID, o.use.RSSFirst = int(o.pids[0]), rss
	if len(addresses) > 1 {
		o.use.Nodes = len(addresses)
	}
	return o, nil
}

// begin marks the start of what is measured, and samples memory until end.
func (o *observer) begin(ctx context.Context) {
	if o == nil {
		return
	}
	o.use.RSSOpen, _ = o.pids.RSS() // 0 where the process has gone, which loses messages
	o.broker.begin()
	o.cpu, _ = o.pids.CPU()
	ctx, o.stopping = context.WithCancel(ctx)
	o.sampling.Go(func() { o.sample(ctx) })
}

// rest waits until the process has little left to do, at most 10 s, or 2 s where it
// is not seen; false where ctx has ended.
func (o *observer) rest(ctx context.Context) bool {
	const step, little = 100 * time.Millisecond, 5 * time.Millisecond
	if o == nil {
		return clock.Sleep(ctx, 2*time.Second) == nil
	}
	for end, used := time.Now().Add(10*time.Second), time.Duration(0); time.Now().Before(end); {
		before := used
		used, _ = o.pids.CPU() // one that has gone has nothing left to do
		if before > 0 && used-before < little {
			break
		}
		if clock.Sleep(ctx, step) != nil {
			return false
		}
	}
	return true
}

func (o *observer) sample(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		rss, _ := o.pids.RSS()
		o.use.RSSMax = max(o.use.RSSMax, rss)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// halt ends what is measured. A second call does nothing.
func (o *observer) halt() {
	if o == nil || o.stopping == nil {
		return
	}
	o.stopping()
	o.sampling.Wait()
	cpu, _ := o.pids.CPU()
	o.broker.halt()
	used := max(0, cpu-o.cpu)
	o.use.CPU = used.Seconds()
	o.use.RSSLast, _ = o.pids.RSS()
	o.stopping = nil
}

// end returns what was used since begin, which it follows.
func (o *observer) end(deliveries uint64) *ServerUse {
	if o == nil {
		return nil
	}
	o.halt()
	if deliveries > 0 {
		o.use.Each = o.use.CPU * 1e6 / float64(deliveries)
	}
	return &o.use
}
