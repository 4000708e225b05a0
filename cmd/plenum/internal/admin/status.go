package admin

import (
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/processors"
	"plenum/rooms"
)

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

// Drain is the shutdown under way: with how many connections it began, how long ago, and
// how long after that Delay and then Window are to last, at most.
type Drain struct {
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	Delay       float64 `json:"delay_seconds"`
	Window      float64 `json:"window_seconds"`
	began       time.Time
}

// showStatus answers GET /status: gauges as they are now, and raw counters since the start. A
// reader makes rates of two answers and their uptimes.
func (a *Admin) showStatus(w http.ResponseWriter, asked *http.Request) {
	cluster := a.clusterNow(asked.Context()) // first: it waits for other nodes
	e, r := a.cfg.Engine.Stats(), a.roomStats()
	status := object{
		{"version", a.cfg.Version},
		{"started", a.began.UnixMilli()},
		{"uptime_seconds", time.Since(a.began).Seconds()},
		{"drain", a.drainNow()}, // null: not draining
	}
	status = append(status, engineCounters.status(e.Counts[:])...)
	status = append(status, roomCounters.status(r.Counts[:])...)
	status = append(status, object{
		{"fan_out", fanOutOf(r.FanOut)},
		{"refused", a.refusedBy(e)}, // by reason
		{"closed", e.Closed},        // by close code
		{"memory", memoryStatus{a.cfg.Memory.Used(), a.cfg.Memory.Limit(), a.cfg.Memory.Short()}},
		{"cpu_seconds", processors.Used().Seconds()},
		{"cores", a.cfg.Cores},
		{"cluster", cluster}, // null: there is this node alone
	}...)
	answer.JSON(w, http.StatusOK, status)
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

func fanOutOf(l rooms.Latency) fanOut {
	f := fanOut{Within: l.Within[:], Total: l.Total}
	for _, bound := range rooms.LatencyBounds {
		f.Bounds = append(f.Bounds, bound.Seconds())
	}
	return f
}
