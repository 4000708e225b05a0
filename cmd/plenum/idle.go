package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// idleMeter returns a function that tells which part of the machine, 0 to 1, had
// nothing to do since it was called last. ok is false the first time, and where
// /proc/stat is not as proc(5) has it. In a container it is the whole machine's.
func idleMeter() func() (part float64, ok bool) {
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

// parseIdle reads /proc/stat: the idle time of all processors since the machine's
// start, to 10 ms, and how many they are; 0 where it is another text. Idle time is
// measured, busy times are samples of most kernels' clock ticks.
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
