package observe

import (
	"os"
	"strconv"
	"strings"
	"time"

	"plenum/bench/clock"
)

// tick is the unit of the times in /proc/stat. USER_HZ is 100 on every Linux that Go supports.
const tick = 10 * time.Millisecond

// MachineUse is the processor use of the whole machine during a run. Processor time that
// neither the server nor the generator used disturbs latencies as much as a slow generator
// does.
type MachineUse struct {
	Busy  float64 `json:"busy_cores"`  // cores in use
	Other float64 `json:"other_cores"` // cores in use by processes other than the server, the NATS server and the generator
	Steal float64 `json:"steal_cores"` // cores that the host of a virtual machine took away
}

// MachineTime is the processor time of all cores together. Its zero point is arbitrary, so only
// differences have a meaning.
type MachineTime struct {
	Busy  time.Duration `json:"busy"`
	Steal time.Duration `json:"steal"`
}

// MachineBusy returns the time that all cores together were busy. Its zero point is arbitrary.
// Time that the host took away is not included.
func MachineBusy() time.Duration { return readMachine().Busy }

// readMachine reads the processor time of the machine. It returns zero if /proc/stat does not have the form
// of proc(5).
func readMachine() MachineTime {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return MachineTime{}
	}
	return parseMachine(string(text), time.Duration(clock.Monotonic()))
}

// parseMachine parses /proc/stat. now is the time on the monotonic clock. Busy is all time that was neither
// idle nor stolen. The busy times of /proc/stat are not used, because most kernels sample them at clock
// ticks. They miss a load whose rate is in step with the clock.
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

// Use returns the use in a run of that many seconds, or nil for 0 seconds. known is the number
// of cores that the server, the NATS server and the generator used together.
func (m MachineTime) Use(seconds, known float64) *MachineUse {
	if seconds <= 0 {
		return nil
	}
	busy := m.Busy.Seconds() / seconds
	return &MachineUse{Busy: busy, Other: max(0, busy-known), Steal: m.Steal.Seconds() / seconds}
}

// Noisier returns the one of a and b in which other processes and the host took more processor time. Either
// may be nil.
func Noisier(a, b *MachineUse) *MachineUse {
	if a == nil || b != nil && b.Other+b.Steal > a.Other+a.Steal {
		return b
	}
	return a
}
