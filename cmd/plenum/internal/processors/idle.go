package processors

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// IdleMeter returns a function that returns the idle share of the machine's processor time since the last
// call, from 0 to 1. ok is false at the first call, and if /proc/stat cannot be parsed, see proc(5).
// In a container the share is that of the whole machine.
func IdleMeter() func() (share float64, ok bool) {
	var last time.Duration // idle time of all processors together
	var at time.Time
	return func() (float64, bool) {
		text, err := os.ReadFile("/proc/stat")
		if err != nil {
			return 0, false
		}
		idle, processors := parseIdle(string(text))
		now := time.Now()
		passed := now.Sub(at) * time.Duration(processors)
		share := float64(idle-last) / float64(max(passed, 1))
		known := !at.IsZero() && processors > 0
		last, at = idle, now
		return min(max(share, 0), 1), known
	}
}

// parseIdle parses /proc/stat. It returns the sum of all processors' idle times since the machine's start, in
// steps of 10 ms, and the number of processors. The number is 0 if the text is invalid. Idle time is used because the
// kernel measures it, while most kernels only sample busy times at clock ticks.
func parseIdle(text string) (idle time.Duration, processors int) {
	const first, second = 4, 5 // fields idle and iowait
	total, each, _ := strings.Cut(text, "\n")
	fields := strings.Fields(total)
	if len(fields) <= second || fields[0] != "cpu" {
		return 0, 0
	}
	for _, field := range fields[first : second+1] {
		n, _ := strconv.ParseInt(field, 10, 64) // the kernel writes numbers
		idle += time.Duration(n) * 10 * time.Millisecond
	}
	return idle, strings.Count("\n"+each, "\ncpu")
}
