package main

import (
	"net/http"
	"syscall"
	"time"

	"plenum/rooms"
)

// status is the answer to GET /status: gauges as they are now, and raw counters since the
// start, of which a reader makes rates with two answers and their uptimes.
type status struct {
	Version string  `json:"version"`
	Started int64   `json:"started"` // Unix milliseconds; the counters count since then
	Uptime  float64 `json:"uptime_seconds"`
	Drain   *drain  `json:"drain"` // null: not draining

	Connections    int    `json:"connections"`
	MaxConnections int    `json:"connections_max"`
	Upgrades       uint64 `json:"upgrades"`

	Rooms      int    `json:"rooms"`
	Members    int    `json:"members"`
	Lagging    int    `json:"members_behind"`
	Queue      int    `json:"queue"`
	Published  uint64 `json:"published"`
	Deliveries uint64 `json:"deliveries"`
	Writes     uint64 `json:"writes"`
	Bytes      uint64 `json:"bytes"`
	Behind     uint64 `json:"behind"`
	Evictions  uint64 `json:"evictions"`
	Gaps       uint64 `json:"gaps"`
	Missed     uint64 `json:"gap_messages"`
	Crowded    uint64 `json:"crowded"`
	Overloaded int    `json:"rooms_overloaded"`
	Overloads  uint64 `json:"overloads"`
	HeldBack   uint64 `json:"held_back"`
	FanOut     fanOut `json:"fan_out"`

	Refused map[string]uint64 `json:"refused"` // by reason
	Closed  map[int]uint64    `json:"closed"`  // by close code

	Memory memoryStatus `json:"memory"`
	CPU    float64      `json:"cpu_seconds"`
	Cores  int          `json:"cores"`

	Cluster *clusterStatus `json:"cluster"` // null: there is this node alone
}

// fanOut is a rooms.Latency with its keys.
type fanOut struct {
	Bounds []float64 `json:"bounds_seconds"`
	Within []uint64  `json:"within"` // deliveries in at most that bound
	Total  uint64    `json:"total"`
}

// memoryStatus is in bytes; a limit of 0 is none.
type memoryStatus struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
	Short bool  `json:"short"`
}

// drain is the shutdown under way: with how many connections it began, how long ago, and
// how long after that Delay and then Window are to last, at most.
type drain struct {
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	Delay       float64 `json:"delay_seconds"`
	Window      float64 `json:"window_seconds"`
	began       time.Time
}

// showStatus answers GET /status.
func (s *server) showStatus(w http.ResponseWriter, asked *http.Request) {
	cluster := s.clusterNow(asked.Context()) // first: it waits for other nodes
	e, r := s.engine.Stats(), sum(s.rooms.Stats(), s.lobby.Stats())
	answer(w, http.StatusOK, status{
		Version: version(), Started: s.began.UnixMilli(), Uptime: time.Since(s.began).Seconds(), Drain: s.drainNow(),
		Connections: e.Conns, MaxConnections: e.MaxConns, Upgrades: e.Upgrades,
		Rooms: r.Rooms, Members: r.Members, Lagging: r.Lagging, Queue: r.Queued,
		Published: r.Messages, Deliveries: r.Deliveries, Writes: r.Writes, Bytes: r.Bytes,
		Behind: r.Behind, Evictions: r.Evictions, Gaps: r.Gaps, Missed: r.Missed, Crowded: r.Crowded,
		Overloaded: r.Overloaded, Overloads: r.Overloads, HeldBack: r.HeldBack,
		FanOut:  fanOutOf(r.FanOut),
		Refused: s.refusedBy(e), Closed: e.Closed,
		Memory: memoryStatus{s.memory.used(), s.memory.limit, s.memory.busy.Load()},
		CPU:    cpuTime().Seconds(), Cores: cores,
		Cluster: cluster,
	})
}

// drainNow is nil where the server is not stopping.
func (s *server) drainNow() *drain {
	began := s.draining.Load()
	if began == nil {
		return nil
	}
	now := *began
	now.Seconds = time.Since(began.began).Seconds()
	return &now
}

func fanOutOf(l rooms.Latency) fanOut {
	f := fanOut{Within: l.Within[:], Total: l.Total}
	for _, bound := range rooms.LatencyBounds {
		f.Bounds = append(f.Bounds, bound.Seconds())
	}
	return f
}

// cpuTime is what this process has used of the processors, getrusage(2).
func cpuTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it fails for bad arguments only
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
