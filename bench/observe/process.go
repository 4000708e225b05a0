package observe

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// PID is a process, as others see it.
type PID int

func (p PID) file(name string) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p, name))
	return string(text), err
}

// CPU returns the processor time spent by all threads, those that have ended too.
func (p PID) CPU() (time.Duration, error) {
	// The number of another process's clock is as clock_getcpuclockid(3) makes it;
	// /proc/PID/stat has the same time to 10 ms.
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
		return 0, fmt.Errorf("bench: process %d has no memory", p)
	}
	kilobytes, err := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10, err
}

// processes are those of one server.
type processes []PID

// CPU returns the sum of theirs.
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

// RSS returns the sum of theirs.
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
