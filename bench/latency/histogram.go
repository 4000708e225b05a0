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

// Histogram counts durations from 1 us to 60 s with three digits; what lies
// outside is counted at the end of the range.
type Histogram struct{ counts *hdr.Histogram }

// NewHistogram returns an empty one.
func NewHistogram() Histogram { return Histogram{hdr.New(lowest, highest, digits)} }

// Record counts one duration of us microseconds.
func (h Histogram) Record(us int64) {
	_ = h.counts.RecordValue(min(max(us, lowest), highest)) // in its range, it cannot fail
}

// Merge counts all of other in.
func (h Histogram) Merge(other Histogram) { h.counts.Merge(other.counts) }

// Count returns how many durations were recorded.
func (h Histogram) Count() uint64 { return uint64(h.counts.TotalCount()) }

// At returns the duration that percent of all do not exceed.
func (h Histogram) At(percent float64) time.Duration {
	if percent >= 100 {
		return time.Duration(h.counts.Max()) * time.Microsecond
	}
	return time.Duration(h.counts.ValueAtPercentile(percent)) * time.Microsecond
}

// Encode returns the V2 compressed form in base64, which every HdrHistogram reads.
func (h Histogram) Encode() (string, error) {
	text, err := h.counts.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("bench: encode histogram: %w", err)
	}
	return string(text), nil
}

// DecodeHistogram reads what Encode wrote.
func DecodeHistogram(text string) (Histogram, error) {
	counts, err := hdr.Decode([]byte(text))
	if err != nil {
		return Histogram{}, fmt.Errorf("bench: decode histogram: %w", err)
	}
	return Histogram{counts}, nil
}

// Percentiles are a histogram's in milliseconds.
type Percentiles struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99.9"`
	Max   float64 `json:"max"`
}

// Percentiles returns the usual ones; nil where nothing was recorded.
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

// MarshalJSON writes the encoded form.
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

// UnmarshalJSON reads it.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var encoded string
	if err := json.Unmarshal(b, &encoded); err != nil {
		return err
	}
	decoded, err := DecodeHistogram(encoded)
	*h = decoded
	return err
}
