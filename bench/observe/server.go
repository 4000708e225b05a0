package observe

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"plenum/bench/clock"
)

// ServerUse is the resource use of the server's process from the first message to the last
// delivery. If the server has several nodes, it is the sum over all nodes.
type ServerUse struct {
	PID            int     `json:"pid"`                 // the first node's
	Nodes          int     `json:"nodes,omitempty"`     // 0: one node
	CPU            float64 `json:"cpu_seconds"`         // processor time
	Cores          float64 `json:"cpu_cores"`           // processor time per second
	CPUPerDelivery float64 `json:"cpu_us_per_delivery"` // processor time, microseconds
	RSSBefore      int64   `json:"rss_before_bytes"`    // before the first connection
	RSSOpen        int64   `json:"rss_open_bytes"`      // with all connections open, before the first message
	RSSMax         int64   `json:"rss_max_bytes"`       // maximum of the samples, one every 100 ms
	RSSAfter       int64   `json:"rss_after_bytes"`     // at the end
	Ended          bool    `json:"ended,omitempty"`     // a process ended before Halt

	Writes            uint64  `json:"writes,omitempty"`              // writes to members, by plenum's metrics; 0: not known
	WritesPerDelivery float64 `json:"writes_per_delivery,omitempty"` // by plenum's metrics
}

// Sample is the resource use of a server at one moment. With several nodes it is the sum over all.
type Sample struct {
	At  int64         // Monotonic
	RSS int64         // resident memory in bytes
	CPU time.Duration // processor time since the start of the processes
}

// Server measures a server's processes and the NATS server between them. One goroutine calls its methods.
// Only AllGone may be called from any goroutine. A nil Server measures nothing: Begin, Halt and End do
// nothing, and AwaitIdle waits for a fixed time. CPU, RSS and Used need a Server that is not nil.
type Server struct {
	pids   processes
	use    ServerUse
	Broker *Broker // nil: none
	Writes *Writes // nil: the server's writes are not known

	// Keep keeps the samples for Samples: one every 100 ms, 24 bytes each.
	Keep    bool
	samples []Sample

	cpu      time.Duration // at Begin
	latest   time.Duration // processor time at the latest sample before a process ended; owned by sample until Halt
	stopping context.CancelFunc
	sampling sync.WaitGroup
}

// FindServer finds the processes of a server: the process pid, or the processes that listen at
// the addresses if pid is 0.
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
	s.use.PID, s.use.RSSBefore = int(s.pids[0]), rss
	if len(addresses) > 1 {
		s.use.Nodes = len(addresses)
	}
	return s, nil
}

// Begin starts the measurement, and samples memory until Halt or until ctx ends.
func (s *Server) Begin(ctx context.Context) {
	if s == nil {
		return
	}
	s.use.RSSOpen, _ = s.pids.RSS() // 0 if the process has ended; the run then loses messages
	s.Broker.begin()
	s.Writes.begin()
	s.cpu, _ = s.pids.CPU()
	ctx, s.stopping = context.WithCancel(ctx)
	s.sampling.Go(func() { s.sample(ctx) })
}

// AwaitIdle waits until the server uses less than 5 ms of processor time in 100 ms, or one of its processes has ended, for at
// most 10 s. On a
// nil Server it waits 2 s. It returns false if ctx has ended, and true in all other cases.
func (s *Server) AwaitIdle(ctx context.Context) bool {
	const step, little = 100 * time.Millisecond, 5 * time.Millisecond
	if s == nil {
		return clock.Sleep(ctx, 2*time.Second) == nil
	}
	for end, used := time.Now().Add(10*time.Second), time.Duration(0); time.Now().Before(end); {
		now, err := s.pids.CPU()
		if err != nil || used > 0 && now-used < little { // err: a process has ended
			break
		}
		used = now
		if clock.Sleep(ctx, step) != nil {
			return false
		}
	}
	return true
}

// sample records the maximum of the resident memory and the latest processor time until ctx ends. If Keep is
// set, it keeps the samples.
func (s *Server) sample(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		rss, _ := s.pids.RSS()
		s.use.RSSMax = max(s.use.RSSMax, rss)
		cpu, _ := s.pids.CPU()
		s.latest = max(s.latest, cpu)
		if s.Keep {
			s.samples = append(s.samples, Sample{clock.Monotonic(), rss, cpu})
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Halt ends the measurement. A second call does nothing, and neither does a call without Begin.
func (s *Server) Halt() {
	if s == nil || s.stopping == nil {
		return
	}
	s.stopping()
	s.sampling.Wait()
	cpu, _ := s.pids.CPU()
	s.Broker.halt()
	s.Writes.halt(&s.use)
	used := max(0, max(cpu, s.latest)-s.cpu)
	s.use.CPU = used.Seconds()
	s.use.RSSAfter, _ = s.pids.RSS()
	s.use.Ended = s.Gone()
	s.stopping = nil
}

// Gone reports whether a process of the server has ended. It returns false for a nil Server.
func (s *Server) Gone() bool {
	if s == nil {
		return false
	}
	_, err := s.pids.RSS() // a process that has ended has no memory, even before its parent waits for it
	return err != nil
}

// AllGone reports whether all processes of the server have ended. It returns false for a nil Server. Any goroutine may call it.
func (s *Server) AllGone() bool {
	return s != nil && !slices.ContainsFunc(s.pids, func(p PID) bool { _, err := p.RSS(); return err == nil })
}

// End calls Halt and returns the use from Begin to Halt, or nil for a nil Server. deliveries is the number of
// deliveries in that time.
func (s *Server) End(deliveries uint64) *ServerUse {
	if s == nil {
		return nil
	}
	s.Halt()
	if deliveries > 0 {
		s.use.CPUPerDelivery = s.use.CPU * 1e6 / float64(deliveries)
	}
	return &s.use
}

// Samples returns the samples from Begin to Halt, if Keep was set before Begin.
func (s *Server) Samples() []Sample {
	if s == nil {
		return nil
	}
	return s.samples
}

// CPU returns the processor time of all processes of the server so far.
func (s *Server) CPU() (time.Duration, error) { return s.pids.CPU() }

// RSS returns the resident memory of all processes of the server, in bytes.
func (s *Server) RSS() (int64, error) { return s.pids.RSS() }

// Used returns the use from Begin to Halt. Until Halt it is not complete.
func (s *Server) Used() *ServerUse { return &s.use }
