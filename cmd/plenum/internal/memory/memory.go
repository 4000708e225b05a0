// Package memory compares the memory use of the process with its limit. When memory is short, the engine
// refuses new connections, and garbage is returned to the operating system.
package memory

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/prometheus/procfs"

	"plenum/cmd/plenum/internal/settings"
)

// Watch compares the memory use with the limit. Its methods may be called from any goroutine.
type Watch struct {
	// Set at creation.
	limit int64        // bytes; 0: none
	used  func() int64 // bytes
	log   *slog.Logger

	short atomic.Bool
}

// New determines the limit. It also sets the soft limit of the garbage collector to ShortAt percent of it, unless
// GOMEMLIMIT is set. It starts nothing.
func New(limit settings.MemoryLimit, log *slog.Logger) *Watch {
	m := &Watch{limit: int64(limit), used: resident, log: log}
	if limit == settings.Auto {
		var err error
		if m.limit, err = CgroupLimit(); err != nil {
			log.Warn("memory: limit of the cgroup cannot be read, running without a limit: set --memory-limit", "error", err)
		}
		if use := CgroupUse(); use != nil && m.limit > 0 {
			m.used = use
		}
	}
	if m.limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(m.limit / 100 * ShortAt)
	}
	return m
}

// Limit returns the limit in bytes; 0 if there is none.
func (m *Watch) Limit() int64 { return m.limit }

// Used returns the memory use in bytes. It is the use of the cgroup if the limit is that of the
// cgroup, otherwise the resident memory of the process.
func (m *Watch) Used() int64 { return m.used() }

// Short reports whether memory is short, so that new connections are to be refused.
func (m *Watch) Short() bool { return m.short.Load() }

// CgroupLimit returns the memory limit of the process's cgroup in bytes; 0 if there is none.
func CgroupLimit() (int64, error) {
	limit, err := memlimit.FromCgroup()
	switch {
	case errors.Is(err, memlimit.ErrNoCgroup), errors.Is(err, memlimit.ErrNoLimit), errors.Is(err, memlimit.ErrCgroupsNotSupported):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return int64(min(limit, math.MaxInt64)), nil
}

// Memory becomes short when at least ShortAt percent of the limit are in use. It remains short until less than
// enoughAt percent are in use.
const (
	ShortAt  = 90
	enoughAt = 85
)

const (
	watchTick   = 100 * time.Millisecond // time between two comparisons
	collectTick = 5 * time.Second        // minimum time between two calls of collect
)

// Run compares the memory use with the limit until ctx ends. When memory is short it calls collect, which
// returns garbage to the operating system. Without a limit, Run returns at once.
func (m *Watch) Run(ctx context.Context, collect func()) {
	if m.limit == 0 {
		return
	}
	ticker := time.NewTicker(watchTick)
	defer ticker.Stop()
	var collected time.Time
	for now := time.Now(); ; {
		used := m.used()
		if m.isShort(used) && now.Sub(collected) >= collectTick {
			collected = now
			collect()
			used = m.used()
		}
		if short := m.isShort(used); m.short.Swap(short) != short {
			m.logChange(short, used)
		}
		select {
		case <-ctx.Done():
			return
		case now = <-ticker.C:
		}
	}
}

// logChange logs that memory has become short, or is no longer short.
func (m *Watch) logChange(short bool, used int64) {
	if short {
		m.log.Warn("memory: short, new connections get 503 until less is used: see --memory-limit", "used", used, "limit", m.limit)
		return
	}
	m.log.Info("memory: no longer short, new connections are accepted", "used", used, "limit", m.limit)
}

// isShort reports whether memory is short if used bytes are in use.
func (m *Watch) isShort(used int64) bool {
	percent := int64(ShortAt)
	if m.short.Load() {
		percent = enoughAt
	}
	return used >= m.limit/100*percent
}

// resident returns the process's resident memory in bytes; 0 if it cannot be read from /proc.
func resident() int64 {
	self, err := procfs.Self()
	if err != nil {
		return 0
	}
	stat, err := self.Stat()
	if err != nil {
		return 0
	}
	return int64(stat.ResidentMemory())
}
