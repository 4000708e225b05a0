package bench

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
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

// Listener returns the process that listens at an address of this machine. It sees
// only processes whose descriptors the caller may read. Where several do, as a
// server's workers or a proxy that shares the port, none is the server by itself.
func Listener(address netip.AddrPort) (PID, error) {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err == nil {
			listening(string(text), address, inodes)
		}
	}
	paths, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	found := map[PID]bool{}
	for _, path := range paths {
		link, err := os.Readlink(path)
		if err == nil && inodes[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] {
			pid, err := strconv.Atoi(strings.Split(path, "/")[2])
			if err != nil {
				return 0, err
			}
			found[PID(pid)] = true
		}
	}
	if len(found) > 1 {
		return 0, fmt.Errorf("%d processes listen at %s: name one by --pid", len(found), address)
	}
	for pid := range found {
		return pid, nil
	}
	return 0, fmt.Errorf("no process is seen to listen at %s", address)
}

// listening adds the inodes of a table's sockets that listen at an address, or at the
// port of all.
func listening(table string, address netip.AddrPort, inodes map[string]bool) {
	const listen = "0A"
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) <= 9 || f[3] != listen {
			continue
		}
		at, ok := addressOf(f[1])
		if ok && at.Port() == address.Port() && (at.Addr().IsUnspecified() || at.Addr().Unmap() == address.Addr().Unmap()) {
			inodes[f[9]] = true
		}
	}
}

// addressOf reads an address as /proc/net/tcp has it: words of four bytes in the
// machine's order, which is little-endian on all that this runs on, then the port.
func addressOf(text string) (netip.AddrPort, bool) {
	words, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(words)
	number, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	addr, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr, uint16(number)), ok
}

// ServerUse is what the server's process used from the first message to the last
// delivery; where it has several nodes, all of them together.
type ServerUse struct {
	PID      int     `json:"pid"` // the first node's
	Nodes    int     `json:"nodes,omitempty"`
	CPU      float64 `json:"cpu_seconds"`
	Share    float64 `json:"cpu_cores"`
	Each     float64 `json:"cpu_us_per_delivery"`
	RSSFirst int64   `json:"rss_before_bytes"` // before the first connection
	RSSOpen  int64   `json:"rss_open_bytes"`   // with all connections, before the first message
	RSSMax   int64   `json:"rss_max_bytes"`
	RSSLast  int64   `json:"rss_after_bytes"`
}

// observer follows a server's processes, and what is between them. A nil one sees nothing.
type observer struct {
	pids   processes
	use    ServerUse
	broker *broker

	cpu      time.Duration
	stopping context.CancelFunc
	sampling sync.WaitGroup
}

// observe finds the processes: pid, or for 0 those that listen at the addresses.
func observe(pid int, addresses []netip.AddrPort) (*observer, error) {
	o := &observer{pids: processes{PID(pid)}}
	if pid == 0 {
		var err error
		if o.pids, err = listeners(addresses); err != nil {
			return nil, err
		}
	}
	rss, err := o.pids.RSS()
	if err != nil {
		return nil, err
	}
	o.use.PID, o.use.RSSFirst = int(o.pids[0]), rss
	if len(addresses) > 1 {
		o.use.Nodes = len(addresses)
	}
	return o, nil
}

// listeners returns the processes that listen at addresses of this machine.
func listeners(addresses []netip.AddrPort) (all processes, err error) {
	for _, address := range addresses {
		if !address.Addr().IsLoopback() {
			return nil, errors.New("it is not on this machine")
		}
		pid, err := Listener(address)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, pid) {
			all = append(all, pid)
		}
	}
	return all, nil
}

// begin marks the start of what is measured, and samples memory until end.
func (o *observer) begin(ctx context.Context) {
	if o == nil {
		return
	}
	o.use.RSSOpen, _ = o.pids.RSS() // 0 where the process has gone, which loses messages
	o.broker.begin()
	o.cpu, _ = o.pids.CPU()
	ctx, o.stopping = context.WithCancel(ctx)
	o.sampling.Go(func() { o.sample(ctx) })
}

// rest waits until the process has little left to do, at most 10 s, or 2 s where it
// is not seen; false where ctx has ended.
func (o *observer) rest(ctx context.Context) bool {
	const step, little = 100 * time.Millisecond, 5 * time.Millisecond
	if o == nil {
		return pause(ctx, 2*time.Second) == nil
	}
	for end, used := time.Now().Add(10*time.Second), time.Duration(0); time.Now().Before(end); {
		before := used
		used, _ = o.pids.CPU() // one that has gone has nothing left to do
		if before > 0 && used-before < little {
			break
		}
		if pause(ctx, step) != nil {
			return false
		}
	}
	return true
}

func (o *observer) sample(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		rss, _ := o.pids.RSS()
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
	cpu, _ := o.pids.CPU()
	o.broker.halt()
	used := max(0, cpu-o.cpu)
	o.use.CPU = used.Seconds()
	o.use.RSSLast, _ = o.pids.RSS()
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
