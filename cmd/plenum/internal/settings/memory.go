package settings

import "github.com/alecthomas/units"

// MemoryLimit is a size, or Auto.
type MemoryLimit Bytes

// Auto is the memory limit of the cgroup that the program runs in.
const Auto MemoryLimit = -1

// leastMemory is half as much again as an empty server has.
const leastMemory = MemoryLimit(32 * units.MiB)

// UnmarshalText reads a size, or auto.
func (m *MemoryLimit) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*m = Auto
		return nil
	}
	return (*Bytes)(m).UnmarshalText(text)
}

// String is what UnmarshalText reads.
func (m MemoryLimit) String() string {
	if m == Auto {
		return "auto"
	}
	return Bytes(m).String()
}

func (m MemoryLimit) holds() bool { return m == Auto || m == 0 || m >= leastMemory }
