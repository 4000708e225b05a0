package latency

import (
	"encoding/json"
	"fmt"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	lowest, highest = 1, 60_000_000 // microseconds
	digits          = 3
)

// Histogram counts durations from 1 µs to 60 s with three significant digits. A duration outside of that
// range is counted as the nearest one in it. A copy of a Histogram shares its counts.
//
// The zero Histogram is empty and can only be read. Record, Merge and Encode need one that NewHistogram or a
// decoder has made.
type Histogram struct{ counts *hdr.Histogram }

// NewHistogram returns an empty histogram.
func NewHistogram() Histogram { return Histogram{hdr.New(lowest, highest, digits)} }

// Record counts a duration of us microseconds.
func (h Histogram) Record(us int64) {
	_ = h.counts.RecordValue(min(max(us, lowest), highest)) // cannot fail within the range
}

// Merge adds the counts of other, which stays as it is.
func (h Histogram) Merge(other Histogram) {
	if other.counts != nil {
		h.counts.Merge(other.counts)
	}
}

// Count returns the number of recorded durations.
func (h Histogram) Count() uint64 {
	if h.counts == nil {
		return 0
	}
	return uint64(h.counts.TotalCount())
}

// At returns a percentile: for example the median for 50, or the maximum for 100. It is 0 if h is empty.
func (h Histogram) At(percent float64) time.Duration {
	if h.counts == nil {
		return 0
	}
	if percent >= 100 {
		return time.Duration(h.counts.Max()) * time.Microsecond
	}
	return time.Duration(h.counts.ValueAtPercentile(percent)) * time.Microsecond
}

// Encode returns the V2 compressed form in base64, which every HdrHistogram library reads.
func (h Histogram) Encode() (string, error) {
	text, err := h.counts.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("bench: encode histogram: %w", err)
	}
	return string(text), nil
}

// DecodeHistogram decodes the output of Encode.
func DecodeHistogram(text string) (Histogram, error) {
	counts, err := hdr.Decode([]byte(text))
	if err != nil {
		return Histogram{}, fmt.Errorf("bench: decode histogram: %w", err)
	}
	return Histogram{counts}, nil
}

// Percentiles has the usual percentiles of a histogram, in milliseconds.
type Percentiles struct {
	Count uint64  `json:"count"` // number of recorded durations
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99.9"`
	Max   float64 `json:"max"`
}

// Percentiles returns the usual percentiles, or nil if h is empty.
func (h Histogram) Percentiles() *Percentiles {
	if h.Count() == 0 {
		return nil
	}
	return &Percentiles{
		Count: h.Count(), P50: Millis(h.At(50)), P90: Millis(h.At(90)), P99: Millis(h.At(99)),
		P999: Millis(h.At(99.9)), Max: Millis(h.At(100)),
	}
}

// Millis returns d in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// MarshalJSON implements json.Marshaler. The JSON form is the string that Encode returns.
func (h Histogram) MarshalJSON() ([]byte, error) {
	if h.counts == nil {
		h = NewHistogram()
	}
	encoded, err := h.Encode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(encoded)
}

// UnmarshalJSON implements json.Unmarshaler.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var encoded string
	if err := json.Unmarshal(b, &encoded); err != nil {
		return err
	}
	decoded, err := DecodeHistogram(encoded)
	*h = decoded
	return err
}
