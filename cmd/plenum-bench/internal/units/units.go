package units

import (
	"fmt"
	"strconv"
	"time"

	"plenum/bench/metric"
)

// Grouped returns n, a count, with a comma before each group of three digits.
func Grouped(n uint64) string { return metric.Grouped(int64(n)) }

// Counted returns n with a noun, which is in the plural if n is not 1.
func Counted(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Grouped(n) + " " + noun + "s"
}

// Rounded is Grouped for a number that is not whole.
func Rounded(n float64) string { return Grouped(uint64(max(0, n) + 0.5)) }

// Short returns n in at most five characters, such as 1234, 12.3k and 1.23M.
func Short(n uint64) string {
	switch f := float64(n); {
	case n < 10_000:
		return strconv.FormatUint(n, 10)
	case f < 999_500:
		return digits(f/1e3) + "k"
	case f < 999.5e6:
		return digits(f/1e6) + "M"
	default:
		return digits(f/1e9) + "G"
	}
}

// digits formats a number of 1 or more with three digits, or with all digits before the point if there are more.
func digits(f float64) string {
	switch {
	case f < 9.995:
		return fmt.Sprintf("%.2f", f)
	case f < 99.95:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// Time returns a time in µs, ms or s.
func Time(d time.Duration) string {
	switch us := float64(d) / 1e3; {
	case us < 999.5:
		return fmt.Sprintf("%.0f µs", us)
	case us < 999.5e3:
		return digits(us/1e3) + " ms"
	default:
		return digits(us/1e6) + " s"
	}
}

// Millis is Time for milliseconds.
func Millis(ms float64) string { return Time(time.Duration(ms * float64(time.Millisecond))) }

// Bytes returns a number of bytes in bytes, kB, MB or GB.
func Bytes(n float64) string {
	switch {
	case n < 999.5:
		return fmt.Sprintf("%.0f bytes", n)
	case n < 999.5e3:
		return digits(n/1e3) + " kB"
	case n < 999.5e6:
		return digits(n/1e6) + " MB"
	default:
		return digits(n/1e9) + " GB"
	}
}
