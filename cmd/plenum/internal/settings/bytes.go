package settings

import (
	"fmt"
	"strconv"

	"github.com/alecthomas/units"
)

// Bytes is a number of bytes. Its text is a number with a unit, such as 512B, 64KiB or 1MiB, or a bare number
// of bytes. Units are powers of 1024.
type Bytes int64

// UnmarshalText parses a size.
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

// String returns the text that UnmarshalText parses: 65536 is 64KiB.
func (b Bytes) String() string { return units.Base2Bytes(b).String() }
