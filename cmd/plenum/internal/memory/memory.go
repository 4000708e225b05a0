// Package memory watches how much of its memory limit the process uses.
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

// Watch watches how much is used, and says when nobody new is to be let in.
type Watch struct {
	limit int64        // bytes, set at creation; 0: none
	used  func() int64 // bytes of it, set at creation
	log   *slog.Logger // set at creation
	busy  atomic.Bool
}

// New resolves the setting, and has Go's collector stay below the limit.
func New(limit settings.MemoryLimit, log *slog.Logger) *Watch {
	m := &Watch{limit: int64(limit), used: resident, log: log}
	if limit == settings.Auto {
		var err error
		if m.limit, err = CgroupLimit(); err != nil {
			log.Warn("the memory limit of this cgroup is not known: there is none", "error", err)
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

// Used returns how many bytes are in use.
func (m *Watch) Used() int64 { return m.used() }

// Short reports whether memory is so short that nobody new is to be let in.
func (m *Watch) Short() bool { return m.busy.Load() }

// CgroupLimit is the cgroup's limit in bytes, 0 where there is none.
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

// Parts of the limit in percent, from which on nobody is let in, and below which they
// are again.
const (
	ShortAt = 90
	calmAt  = 85
)

// How often the memory is looked at, and given back to the system where it is much.
const (
	watchTick   = 100 * time.Millisecond
	collectTick = 5 * time.Second
)

// Run watches until ctx ends. collect gives back what is not needed.
func (m *Watch) Run(ctx context.Context, collect func()) {
	if m.limit == 0 {
		return
	}
	ticker := time.NewTicker(watchTick)
	defer ticker.Stop()
	var collected time.Time
	for now := time.Now(); ; {
		used := m.used()
		if m.isBusy(used) && now.Sub(collected) >= collectTick {
			collected = now
			collect()
			used = m.used()
		}
		if busy := m.isBusy(used); m.busy.Swap(busy) != busy {
			m.tell(busy, used)
		}
		select {
		case <-ctx.Done():
			return
		case now = <-ticker.C:
		}
	}
}

// tell logs that the door was closed, or opened again.
func (m *Watch) tell(busy bool, used int64) {
	if busy {
		m.log.Warn("memory is short: nobody new is let in", "used", used, "limit", m.limit)
		return
	}
	m.log.Info("memory is not short any more", "used", used, "limit", m.limit)
}

// isBusy tells whether so much is too much.
func (m *Watch) isBusy(used int64) bool {
	part := int64(ShortAt)
	if m.busy.Load() {
		part = calmAt
	}
	return used >= m.limit/100*part
}

// resident is the process's resident memory in bytes; 0 where /proc is not as proc(5)
// has it.
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
