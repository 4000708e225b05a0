package observe

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// PID is the number of a process.
type PID int

func (p PID) file(name string) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p, name))
	return string(text), err
}

// CPU returns the processor time of all threads, including those that have ended.
func (p PID) CPU() (time.Duration, error) {
	// The clock's number is computed as in clock_getcpuclockid(3). /proc/PID/stat has the same
	// time, but only to 10 ms.
	const scheduled = 2
	var used unix.Timespec
	if err := unix.ClockGettime(^int32(p)<<3|scheduled, &used); err != nil {
		return 0, fmt.Errorf("bench: processor time of process %d: %w", p, err)
	}
	return time.Duration(used.Nano()), nil
}

// RSS returns the resident memory in bytes.
func (p PID) RSS() (int64, error) {
	text, err := p.file("status")
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(text, "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0, fmt.Errorf("bench: process %d has no VmRSS in /proc, it may have ended", p)
	}
	kilobytes, err := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10, err
}

// processes are the processes of one server, one per node.
type processes []PID

// CPU returns the sum of the processes' processor time.
func (all processes) CPU() (sum time.Duration, err error) {
	for _, p := range all {
		used, err := p.CPU()
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// RSS returns the sum of the processes' resident memory.
func (all processes) RSS() (sum int64, err error) {
	for _, p := range all {
		rss, err := p.RSS()
		if err != nil {
			return 0, err
		}
		sum += rss
	}
	return sum, nil
}
