package observe

import (
	"os"
	"strconv"
	"strings"
	"time"

	"plenum/bench/clock"
)

// tick is the unit of the times in /proc/stat: USER_HZ is 100 on every Linux that
// Go runs on.
const tick = 10 * time.Millisecond

// MachineUse is what the whole machine was busy with during a run. What is neither
// the server's nor the generator's share spoils figures of time as much as a slow
// generator does.
type MachineUse struct {
	Busy  float64 `json:"busy_cores"`
	Other float64 `json:"other_cores"` // than the server and the generator
	Steal float64 `json:"steal_cores"` // taken by the host of a virtual machine
}

// MachineTime is what all processors together have spent, from a moment of no
// interest on.
type MachineTime struct {
	Busy  time.Duration `json:"busy"`
	Steal time.Duration `json:"steal"`
}

// MachineBusy returns what all processors together have been busy for, from a moment
// of no interest on; what the machine's host took is not counted.
func MachineBusy() time.Duration { return readMachine().Busy }

// readMachine returns nothing where /proc/stat is not as proc(5) has it.
func readMachine() MachineTime {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return MachineTime{}
	}
	return parseMachine(string(text), time.Duration(clock.Monotonic()))
}

// parseMachine reads /proc/stat. It takes for busy what was not idle: the busy times
// themselves are samples of most kernels' clock ticks, and a load whose rate is in
// step with the clock hides from them.
func parseMachine(text string, now time.Duration) (m MachineTime) {
	const idle, iowait, steal = 4, 5, 8
	total, each, _ := strings.Cut(text, "\n")
	f := strings.Fields(total)
	if len(f) <= steal || f[0] != "cpu" {
		return m
	}
	at := func(i int) time.Duration {
		n, _ := strconv.ParseInt(f[i], 10, 64) // the kernel writes numbers
		return time.Duration(n) * tick
	}
	processors := strings.Count("\n"+each, "\ncpu")
	m.Steal = at(steal)
	m.Busy = now*time.Duration(processors) - at(idle) - at(iowait) - m.Steal
	return m
}

func (m MachineTime) since(before MachineTime) MachineTime {
	return MachineTime{Busy: m.Busy - before.Busy, Steal: m.Steal - before.Steal}
}

// Use returns what m is over so many seconds, in which the server, the broker and the
// generator used known cores; nil for no time.
func (m MachineTime) Use(seconds, known float64) *MachineUse {
	if seconds <= 0 {
		return nil
	}
	busy := m.Busy.Seconds() / seconds
	return &MachineUse{Busy: busy, Other: max(0, busy-known), Steal: m.Steal.Seconds() / seconds}
}

// Noisier returns the one of two, or nil, that says that more was taken away.
func Noisier(a, b *MachineUse) *MachineUse {
	if a == nil || b != nil && b.Other+b.Steal > a.Other+a.Steal {
		return b
	}
	return a
}
