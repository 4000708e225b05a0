package observe

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

// Server follows a server's processes, and what is between them. A nil one sees nothing.
type Server struct {
	pids   processes
	use    ServerUse
	Broker *Broker

	cpu      time.Duration
	stopping context.CancelFunc
	sampling sync.WaitGroup
}

// FindServer finds the processes: pid, or for 0 those that listen at the addresses.
func FindServer(pid int, addresses []netip.AddrPort) (*Server, error) {
	s := &Server{pids: processes{PID(pid)}}
	if pid == 0 {
		var err error
		if s.pids, err = listeners(addresses); err != nil {
			return nil, err
		}
	}
	rss, err := s.pids.RSS()
	if err != nil {
		return nil, err
	}
	s.use.PID, s.use.RSSFirst = int(s.pids[0]), rss
	if len(addresses) > 1 {
		s.use.Nodes = len(addresses)
	}
	return s, nil
}

// Begin marks the start of what is measured, and samples memory until End.
func (s *Server) Begin(ctx context.Context) {
	if s == nil {
		return
	}
	s.use.RSSOpen, _ = s.pids.RSS() // 0 where the process has gone, which loses messages
	s.Broker.begin()
	s.cpu, _ = s.pids.CPU()
	ctx, s.stopping = context.WithCancel(ctx)
	s.sampling.Go(func() { s.sample(ctx) })
}

// AwaitIdle waits until the process has little left to do, at most 10 s, or 2 s where it
// is not seen; false where ctx has ended.
func (s *Server) AwaitIdle(ctx context.Context) bool {
	const step, little = 100 * time.Millisecond, 5 * time.Millisecond
	if s == nil {
		return clock.Sleep(ctx, 2*time.Second) == nil
	}
	for end, used := time.Now().Add(10*time.Second), time.Duration(0); time.Now().Before(end); {
		before := used
		used, _ = s.pids.CPU() // one that has gone has nothing left to do
		if before > 0 && used-before < little {
			break
		}
		if clock.Sleep(ctx, step) != nil {
			return false
		}
	}
	return true
}

func (s *Server) sample(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		rss, _ := s.pids.RSS()
		s.use.RSSMax = max(s.use.RSSMax, rss)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Halt ends what is measured. A second call does nothing.
func (s *Server) Halt() {
	if s == nil || s.stopping == nil {
		return
	}
	s.stopping()
	s.sampling.Wait()
	cpu, _ := s.pids.CPU()
	s.Broker.halt()
	used := max(0, cpu-s.cpu)
	s.use.CPU = used.Seconds()
	s.use.RSSLast, _ = s.pids.RSS()
	s.stopping = nil
}

// End returns what was used since Begin, which it follows.
func (s *Server) End(deliveries uint64) *ServerUse {
	if s == nil {
		return nil
	}
	s.Halt()
	if deliveries > 0 {
		s.use.Each = s.use.CPU * 1e6 / float64(deliveries)
	}
	return &s.use
}

// CPU returns the processor time of all its processes.
func (s *Server) CPU() (time.Duration, error) { return s.pids.CPU() }

// RSS returns the resident memory of all its processes in bytes.
func (s *Server) RSS() (int64, error) { return s.pids.RSS() }

// Used returns what was used from Begin to Halt.
func (s *Server) Used() *ServerUse { return &s.use }
