//go:build lab

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// memory is one measurement, in bytes.
type memory struct {
	rss       int // of the server
	available int // of the machine
}

// measure waits for settle, so that memory is stable, and reads it.
func (t *trial) measure() (m memory, err error) {
	time.Sleep(settle)
	if m.rss, err = field(fmt.Sprintf("/proc/%d/status", t.pid), "VmRSS:"); err != nil {
		return m, err
	}
	m.available, err = field("/proc/meminfo", "MemAvailable:")
	return m, err
}

// field reads a number of kilobytes from a file of /proc and returns it in bytes.
func field(path, name string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(text), name)
	number := strings.Fields(after)
	if !found || len(number) == 0 {
		return 0, fmt.Errorf("%s: no %s", path, name)
	}
	kilobytes, err := strconv.Atoi(number[0])
	return kilobytes << 10, err
}
