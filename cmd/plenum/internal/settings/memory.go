package settings

import (
	"math"

	"github.com/alecthomas/units"
)

// MemoryLimit is a size, or Auto.
type MemoryLimit Bytes

// Auto means the memory limit of the cgroup in which the program runs. It is not -1, which a user could give as a size.
const Auto MemoryLimit = math.MinInt64

// leastMemory is 1.6 to 1.8 times the memory of a server without connections, 18 to 20 MiB.
const leastMemory = MemoryLimit(32 * units.MiB)

// UnmarshalText parses a size, or auto.
func (m *MemoryLimit) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*m = Auto
		return nil
	}
	return (*Bytes)(m).UnmarshalText(text)
}

// String returns the text that UnmarshalText parses.
func (m MemoryLimit) String() string {
	if m == Auto {
		return "auto"
	}
	return Bytes(m).String()
}

func (m MemoryLimit) holds() bool { return m == Auto || m == 0 || m >= leastMemory }
