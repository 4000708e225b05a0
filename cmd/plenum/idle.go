package main

import (
	"os"
	"strconv"
	"strings"
)

// idleMeter returns a function that tells which part of the machine, 0 to 1, had
// nothing to do since it was called last. ok is false the first time, and where
// /proc/stat is not as proc(5) has it. In a container it is the whole machine's.
func idleMeter() func() (part float64, ok bool) {
	var last processorTime
	return func() (float64, bool) {
		now := readProcessorTime()
		idle, all := now.idle-last.idle, now.all-last.all
		known := last.all > 0 && idle >= 0 && all > 0
		last = now
		if !known {
			return 0, false
		}
		return float64(idle) / float64(all), true
	}
}

// processorTime is of all processors since the machine's start, in ticks.
type processorTime struct{ idle, all int64 }

func readProcessorTime() processorTime {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return processorTime{}
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return parseProcessorTime(line)
}

// parseProcessorTime reads the first line of /proc/stat; zero where it is another.
func parseProcessorTime(line string) (t processorTime) {
	const idle, iowait, steal = 4, 5, 8 // what follows counts a second time
	fields := strings.Fields(line)
	if len(fields) <= steal || fields[0] != "cpu" {
		return t
	}
	for i, field := range fields[1 : steal+1] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return processorTime{}
		}
		t.all += n
		if i+1 == idle || i+1 == iowait {
			t.idle += n
		}
	}
	return t
}
