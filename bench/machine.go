package bench

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// MachineUse is what the whole machine was busy with during a run. What is neither
// the server's nor the generator's share spoils figures of time as much as a slow
// generator does.
type MachineUse struct {
	Busy  float64 `json:"busy_cores"`
	Other float64 `json:"other_cores"` // than the server and the generator
	Steal float64 `json:"steal_cores"` // taken by the host of a virtual machine
}

// machineTime is the first line of /proc/stat, of all processors together.
type machineTime struct {
	Busy  time.Duration `json:"busy"`
	Steal time.Duration `json:"steal"`
}

// readMachine returns nothing where /proc/stat is not as proc(5) has it.
func readMachine() machineTime {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return machineTime{}
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return parseMachine(line)
}

func parseMachine(line string) (m machineTime) {
	const user, nice, system, irq, softirq, steal = 1, 2, 3, 6, 7, 8
	f := strings.Fields(line)
	if len(f) <= steal || f[0] != "cpu" {
		return m
	}
	at := func(i int) time.Duration {
		n, _ := strconv.ParseInt(f[i], 10, 64) // the kernel writes numbers
		return time.Duration(n) * tick
	}
	m.Busy = at(user) + at(nice) + at(system) + at(irq) + at(softirq)
	m.Steal = at(steal)
	return m
}

func (m machineTime) since(before machineTime) machineTime {
	return machineTime{Busy: m.Busy - before.Busy, Steal: m.Steal - before.Steal}
}

// machine returns the figures of a run, once those of its processes are known; nil
// without the server's, since it would count as another.
func (r *Result) machine(m machineTime) *MachineUse {
	if r.Server == nil || r.Generator == nil || r.Seconds == 0 {
		return nil
	}
	busy := m.Busy.Seconds() / r.Seconds
	return &MachineUse{
		Busy: busy, Other: max(0, busy-r.Server.Share-r.Generator.Share), Steal: m.Steal.Seconds() / r.Seconds,
	}
}
