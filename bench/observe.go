package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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

// Listener returns the process that listens on a port of this machine. It sees
// only processes whose descriptors the caller may read.
func Listener(port uint16) (PID, error) {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err == nil {
			listening(string(text), port, inodes)
		}
	}
	paths, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, path := range paths {
		link, err := os.Readlink(path)
		if err == nil && inodes[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] {
			pid, err := strconv.Atoi(strings.Split(path, "/")[2])
			return PID(pid), err
		}
	}
	return 0, fmt.Errorf("no process is seen to listen on port %d", port)
}

// listening adds the inodes of a table's sockets that listen on port.
func listening(table string, port uint16, inodes map[string]bool) {
	const listen = "0A"
	want := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) > 9 && f[3] == listen && strings.HasSuffix(f[1], want) {
			inodes[f[9]] = true
		}
	}
}

// ServerUse is what the server's process used from the first message to the last
// delivery.
type ServerUse struct {
	PID      int     `json:"pid"`
	CPU      float64 `json:"cpu_seconds"`
	Share    float64 `json:"cpu_cores"`
	Each     float64 `json:"cpu_us_per_delivery"`
	RSSFirst int64   `json:"rss_before_bytes"` // before the first connection
	RSSOpen  int64   `json:"rss_open_bytes"`   // with all connections, before the first message
	RSSMax   int64   `json:"rss_max_bytes"`
	RSSLast  int64   `json:"rss_after_bytes"`
}

// observer follows a server's process. A nil one sees nothing.
type observer struct {
	pid PID
	use ServerUse

	cpu      time.Duration
	at       time.Time
	stopping context.CancelFunc
	sampling sync.WaitGroup
}

// observe finds the process: pid, or for 0 the one that listens at address.
func observe(pid int, address netip.AddrPort) (*observer, error) {
	o := &observer{pid: PID(pid)}
	if pid == 0 {
		if !address.Addr().IsLoopback() {
			return nil, errors.New("it is not on this machine")
		}
		var err error
		if o.pid, err = Listener(address.Port()); err != nil {
			return nil, err
		}
	}
	rss, err := o.pid.RSS()
	if err != nil {
		return nil, err
	}
	o.use.PID, o.use.RSSFirst = int(o.pid), rss
	return o, nil
}

// begin marks the start of what is measured, and samples memory until end.
func (o *observer) begin(ctx context.Context) {
	if o == nil {
		return
	}
	o.use.RSSOpen, _ = o.pid.RSS() // 0 where the process has gone, which loses messages
	o.cpu, _ = o.pid.CPU()
	o.at = time.Now()
	ctx, o.stopping = context.WithCancel(ctx)
	o.sampling.Go(func() { o.sample(ctx) })
}

func (o *observer) sample(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		rss, _ := o.pid.RSS()
		o.use.RSSMax = max(o.use.RSSMax, rss)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// halt ends what is measured. A second call does nothing.
func (o *observer) halt() {
	if o == nil || o.stopping == nil {
		return
	}
	o.stopping()
	o.sampling.Wait()
	cpu, _ := o.pid.CPU()
	used := max(0, cpu-o.cpu)
	o.use.CPU = used.Seconds()
	o.use.Share = used.Seconds() / time.Since(o.at).Seconds()
	o.use.RSSLast, _ = o.pid.RSS()
	o.stopping = nil
}

// end returns what was used since begin, which it follows.
func (o *observer) end(deliveries uint64) *ServerUse {
	if o == nil {
		return nil
	}
	o.halt()
	if deliveries > 0 {
		o.use.Each = o.use.CPU * 1e6 / float64(deliveries)
	}
	return &o.use
}
