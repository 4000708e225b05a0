package admin

import (
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/processors"
	"plenum/rooms"
)

// fanOut is a rooms.Latency in JSON.
type fanOut struct {
	Bounds []float64 `json:"bounds_seconds"`
	Within []uint64  `json:"within"` // deliveries that took at most the bound of the same index
	Total  uint64    `json:"total"`
}

// memoryStatus is in bytes. A Limit of 0 means that there is none.
type memoryStatus struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
	Short bool  `json:"short"`
}

// Drain is the progress of a graceful shutdown.
type Drain struct {
	Connections int     `json:"connections"`    // open connections when it began
	Seconds     float64 `json:"seconds"`        // time since it began
	Delay       float64 `json:"delay_seconds"`  // first phase: all connections stay open
	Window      float64 `json:"window_seconds"` // second phase, at most: connections are closed
	began       time.Time
}

// showStatus answers GET /status with the current gauges and with counters since the start. A client
// computes rates from two responses and their uptimes.
func (a *Admin) showStatus(w http.ResponseWriter, r *http.Request) {
	cluster := a.clusterNow(r.Context()) // first, because it waits for other nodes
	e, hubs := a.cfg.Engine.Stats(), a.roomStats()
	status := object{
		{"version", a.cfg.Version},
		{"started", a.started.UnixMilli()},
		{"uptime_seconds", time.Since(a.started).Seconds()},
		{"drain", a.drainNow()}, // null: not draining
	}
	status = append(status, engineCounters.status(e.Counts[:])...)
	status = append(status, roomCounters.status(hubs.Counts[:])...)
	status = append(status, object{
		{"fan_out", fanOutOf(hubs.FanOut)},
		{"refused", a.refusedBy(e)}, // by reason
		{"closed", e.Closed},        // by close code
		{"memory", memoryStatus{a.cfg.Memory.Used(), a.cfg.Memory.Limit(), a.cfg.Memory.Short()}},
		{"cpu_seconds", processors.Used().Seconds()},
		{"cores", a.cfg.Cores},
		{"cluster", cluster}, // null: there is no bus
	}...)
	answer.JSON(w, http.StatusOK, status)
}

// BeginDrain marks the server as draining, which /readyz, /status and the operations page show. connections
// is the number of open connections. All of them stay open during delay, and are closed during window.
func (a *Admin) BeginDrain(connections int, delay, window time.Duration) {
	a.draining.Store(&Drain{Connections: connections, Delay: delay.Seconds(), Window: window.Seconds(), began: time.Now()})
}

// drainNow returns the progress of the graceful shutdown; nil if the server is not draining.
func (a *Admin) drainNow() *Drain {
	drain := a.draining.Load()
	if drain == nil {
		return nil
	}
	now := *drain
	now.Seconds = time.Since(drain.began).Seconds()
	return &now
}

func fanOutOf(l rooms.Latency) fanOut {
	f := fanOut{Within: l.Within[:], Total: l.Total}
	for _, bound := range rooms.LatencyBounds {
		f.Bounds = append(f.Bounds, bound.Seconds())
	}
	return f
}
