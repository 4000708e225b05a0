package engine

import (
	"math"
	"syscall"
)

// ConnsWithin returns the number of connections that a number of descriptors allows. It leaves a reserve for handshakes,
// which take two descriptors each for a moment, and for HTTP requests, listeners and files.
func ConnsWithin(descriptors int) int { return max(descriptors-reserve(descriptors), 1) }

// DescriptorsFor returns the smallest multiple of 1024 descriptors that allows the given number of connections.
func DescriptorsFor(connections int) int {
	n := connections
	for ConnsWithin(n) < connections {
		n += connections - ConnsWithin(n)
	}
	return (n + 1023) / 1024 * 1024
}

func reserve(descriptors int) int { return descriptors/128 + 64 }

// descriptorLimit returns the descriptor limit of the process.
func descriptorLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1 << 10
	}
	return int(min(limit.Cur, math.MaxInt32)) // a descriptor is an int of C
}

// Some container runtimes set the descriptor limit to a billion, which no operator has chosen. So if the limit is above
// plausibleDescriptors, the default of MaxConns is the number of connections that usualDescriptors allow.
const (
	plausibleDescriptors = 16 << 20
	usualDescriptors     = 2 << 20
)

// defaultMaxConns returns the default of Config.MaxConns for a descriptor limit.
func defaultMaxConns(limit int) int {
	if limit > plausibleDescriptors {
		limit = usualDescriptors
	}
	return ConnsWithin(limit)
}

// descriptorTable returns the size of nbio's table of connections, whose index is the descriptor. The size is at least
// usualDescriptors, if limit is, because other parts of the process use descriptors too. An entry takes 8 bytes of virtual
// memory. The kernel provides only the pages that are used.
func descriptorTable(limit, maxConns int) int {
	return min(limit, max(usualDescriptors, DescriptorsFor(maxConns)))
}
