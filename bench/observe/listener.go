package observe

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNotListening is in the error of Listener if there is no listening socket. A server that has just started may open one
// soon.
var ErrNotListening = errors.New("nothing listens")

// Listener returns the process that listens at an address of this machine. It finds only
// processes whose descriptors the caller may read. If several processes listen, for example the
// workers of a server, it returns an error, because none of them is the whole server.
func Listener(address netip.AddrPort) (PID, error) {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err == nil {
			listening(string(text), address, inodes)
		}
	}
	if len(inodes) == 0 {
		return 0, fmt.Errorf("%w at %s", ErrNotListening, address)
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
		return 0, fmt.Errorf("%d processes listen at %s: name one with --pid", len(found), address)
	}
	for pid := range found {
		return pid, nil
	}
	return 0, fmt.Errorf("no process of this user was found that listens at %s", address)
}

// listeners returns the processes that listen at loopback addresses, each once. Any other address
// is an error, because it may belong to another machine.
func listeners(addresses []netip.AddrPort) (all processes, err error) {
	for _, address := range addresses {
		if !address.Addr().IsLoopback() {
			return nil, fmt.Errorf("%s is not a loopback address, so its process is not looked for", address)
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

// listening adds the inodes of the sockets in a table of /proc/net that listen at address, or
// at its port on all addresses.
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

// addressOf parses an address of /proc/net/tcp: words of four bytes in the machine's byte
// order, then the port. All supported machines are little-endian.
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
