package main

import (
	"fmt"
	"strconv"
	"time"

	"plenum/bench/metric"
)

// grouped returns n, a count, with a comma before each group of three digits.
func grouped(n uint64) string { return metric.Grouped(int64(n)) }

// counted returns n with a noun, which is in the plural if n is not 1.
func counted(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// rounded is grouped for a number that is not whole.
func rounded(n float64) string { return grouped(uint64(max(0, n) + 0.5)) }

// short returns n in at most five characters, such as 1234, 12.3k and 1.23M.
func short(n uint64) string {
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

// digits returns a number from 1 to 999 with three digits, and a larger one with all of them.
func digits(f float64) string {
	switch {
	case f < 9.995:
		return fmt.Sprintf("%.2f", f)
	case f < 99.95:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// timeText returns a time in µs, ms or s.
func timeText(d time.Duration) string {
	switch us := float64(d) / 1e3; {
	case us < 999.5:
		return fmt.Sprintf("%.0f µs", us)
	case us < 999.5e3:
		return digits(us/1e3) + " ms"
	default:
		return digits(us/1e6) + " s"
	}
}

// millisText is timeText for milliseconds.
func millisText(ms float64) string { return timeText(time.Duration(ms * float64(time.Millisecond))) }

// bytesText returns a number of bytes in bytes, kB, MB or GB.
func bytesText(n float64) string {
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
