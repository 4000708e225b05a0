package units

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNumbersAreShort(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 9999: "9999", 10_000: "10.0k", 99_960: "100k", 999_499: "999k", 999_500: "1.00M", 12_345_678: "12.3M", 7e9: "7.00G"} {
		assert.Equal(t, want, Short(n))
	}
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1_234_567: "1,234,567"} {
		assert.Equal(t, want, Grouped(n))
	}
	for d, want := range map[time.Duration]string{
		0: "0 µs", 999_400: "999 µs", 999_600: "1.00 ms", 12_345_678: "12.3 ms", 999_600_000: "1.00 s", 75 * time.Second: "75.0 s",
	} {
		assert.Equal(t, want, Time(d))
	}
	for n, want := range map[float64]string{12: "12 bytes", 1024: "1.02 kB", 45_678_901: "45.7 MB", 2e9: "2.00 GB"} {
		assert.Equal(t, want, Bytes(n))
	}
}
