package settings

import (
	"fmt"
	"strconv"

	"github.com/alecthomas/units"
)

// Bytes is a size: 64KiB, 1MiB, 512B, or 65536 for bytes. Units are powers of
// 1024.
type Bytes int64

// UnmarshalText reads a size; a bare number counts bytes.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := string(text)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		*b = Bytes(n)
		return nil
	}
	n, err := units.ParseBase2Bytes(s)
	if err != nil {
		return fmt.Errorf("expected a size such as 64KiB but got %q", s)
	}
	*b = Bytes(n)
	return nil
}

// String is what UnmarshalText reads: 65536 is 64KiB.
func (b Bytes) String() string { return units.Base2Bytes(b).String() }
