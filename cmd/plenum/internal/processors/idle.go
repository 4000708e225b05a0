package processors

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// IdleMeter returns a function that returns the part of the machine, 0 to 1, that was idle
// since its last call. ok is false at the first call, and if /proc/stat is not as proc(5)
// describes it. In a container the part is that of the whole machine.
func IdleMeter() func() (part float64, ok bool) {
	var last time.Duration // of idle time, all processors together
	var at time.Time
	return func() (float64, bool) {
		text, err := os.ReadFile("/proc/stat")
		if err != nil {
			return 0, false
		}
		idle, processors := parseIdle(string(text))
		now := time.Now()
		passed := now.Sub(at) * time.Duration(processors)
		part := float64(idle-last) / float64(max(passed, 1))
		known := !at.IsZero() && processors > 0
		last, at = idle, now
		return min(max(part, 0), 1), known
	}
}

// parseIdle reads /proc/stat. It returns the idle time of all processors since the machine's
// start, to 10 ms, and the number of processors, 0 if the text is another one. The kernel measures
// idle time; most kernels only sample busy times at clock ticks.
func parseIdle(text string) (idle time.Duration, processors int) {
	const first, second = 4, 5 // idle, and waiting for a disk
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
