package operations

import (
	"net/http"
	"time"

	"github.com/bytedance/sonic"

	"plenum/cmd/plenum/internal/processors"
	"plenum/rooms"
)

// Status is the answer to GET /status: gauges as they are now, and raw counters since the
// start, of which a reader makes rates with two answers and their uptimes.
type Status struct {
	Version string  `json:"version"`
	Started int64   `json:"started"` // Unix milliseconds; the counters count since then
	Uptime  float64 `json:"uptime_seconds"`
	Drain   *Drain  `json:"drain"` // null: not draining

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
	FanOut     FanOut `json:"fan_out"`

	Refused map[string]uint64 `json:"refused"` // by reason
	Closed  map[int]uint64    `json:"closed"`  // by close code

	Memory MemoryStatus `json:"memory"`
	CPU    float64      `json:"cpu_seconds"`
	Cores  int          `json:"cores"`

	Cluster *ClusterStatus `json:"cluster"` // null: there is this node alone
}

// FanOut is a rooms.Latency with its keys.
type FanOut struct {
	Bounds []float64 `json:"bounds_seconds"`
	Within []uint64  `json:"within"` // deliveries in at most that bound
	Total  uint64    `json:"total"`
}

// MemoryStatus is in bytes; a limit of 0 is none.
type MemoryStatus struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
	Short bool  `json:"short"`
}

// Drain is the shutdown under way: with how many connections it began, how long ago, and
// how long after that Delay and then Window are to last, at most.
type Drain struct {
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	Delay       float64 `json:"delay_seconds"`
	Window      float64 `json:"window_seconds"`
	began       time.Time
}

// showStatus answers GET /status.
func (a *Admin) showStatus(w http.ResponseWriter, asked *http.Request) {
	cluster := a.clusterNow(asked.Context()) // first: it waits for other nodes
	e, r := a.cfg.Engine.Stats(), a.roomStats()
	writeJSON(w, Status{
		Version: a.cfg.Version, Started: a.began.UnixMilli(), Uptime: time.Since(a.began).Seconds(), Drain: a.drainNow(),
		Connections: e.Conns, MaxConnections: e.MaxConns, Upgrades: e.Upgrades,
		Rooms: r.Rooms, Members: r.Members, Lagging: r.Lagging, Queue: r.Queued,
		Published: r.Messages, Deliveries: r.Deliveries, Writes: r.Writes, Bytes: r.Bytes,
		Behind: r.Behind, Evictions: r.Evictions, Gaps: r.Gaps, Missed: r.Missed, Crowded: r.Crowded,
		Overloaded: r.Overloaded, Overloads: r.Overloads, HeldBack: r.HeldBack,
		FanOut:  fanOutOf(r.FanOut),
		Refused: a.refusedBy(e), Closed: e.Closed,
		Memory: MemoryStatus{a.cfg.Memory.Used(), a.cfg.Memory.Limit(), a.cfg.Memory.Short()},
		CPU:    processors.Used().Seconds(), Cores: a.cfg.Cores,
		Cluster: cluster,
	})
}

// BeginDrain has the server be shown as stopping. It began with so many connections; for delay it
// keeps them all, and over window it closes them.
func (a *Admin) BeginDrain(connections int, delay, window time.Duration) {
	a.draining.Store(&Drain{Connections: connections, Delay: delay.Seconds(), Window: window.Seconds(), began: time.Now()})
}

// drainNow returns how far the shutdown is; nil if the server is not stopping.
func (a *Admin) drainNow() *Drain {
	began := a.draining.Load()
	if began == nil {
		return nil
	}
	now := *began
	now.Seconds = time.Since(began.began).Seconds()
	return &now
}

func fanOutOf(l rooms.Latency) FanOut {
	f := FanOut{Within: l.Within[:], Total: l.Total}
	for _, bound := range rooms.LatencyBounds {
		f.Bounds = append(f.Bounds, bound.Seconds())
	}
	return f
}

// writeJSON answers 200 with v.
func writeJSON(w http.ResponseWriter, v any) {
	b, err := sonic.ConfigStd.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(append(b, '\n'))
}
