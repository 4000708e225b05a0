package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestAHitIsDueByTheRateEvenIfItIsLate(t *testing.T) {
	const start = 1_000_000_000
	for _, c := range []struct {
		rate float64
		hit  int
		now  int64
		due  int64
		wait time.Duration
	}{
		{1000, 0, start, start, 0},
		{1000, 1, start, start + 1e6, time.Millisecond},
		{1000, 1, start + 4e5, start + 1e6, 600 * time.Microsecond},
		{1000, 1, start + 1e6, start + 1e6, 0},
		{1000, 1, start + 5e9, start + 1e6, 0}, // late; later hits stay due at their times
		{1000, 5000, start + 5e9, start + 5e9, 0},
		{5, 3, start - 1e8, start + 6e8, 700 * time.Millisecond},
		{0.5, 1, start, start + 2e9, 2 * time.Second},
		{3, 1, start, start + 333_333_333, 333_333_333},
		{3, 3_000_000, start, start + 1e15, 1e15}, // rounding errors do not add up
		{10_000, 36_000_000, start, start + 3600e9, time.Hour},
	} {
		p := Schedule{Start: start, Rate: c.rate}
		assert.Equal(t, c.due, p.Due(c.hit), "%+v", c)
		assert.Equal(t, c.wait, p.Wait(c.now, c.hit), "%+v", c)
	}
}

func TestHitsCountsTheHitsThatAreDueWithinATime(t *testing.T) {
	for _, c := range []struct {
		rate   float64
		within time.Duration
		want   int
	}{
		{1000, time.Second, 1000}, {5, 2 * time.Second, 10}, {0.5, time.Second, 1}, {0.5, 2 * time.Second, 1},
		{3, time.Second, 3}, {3, time.Second + time.Nanosecond, 4}, {100, 0, 0}, {7, 10 * time.Second, 70},
	} {
		assert.Equal(t, c.want, Schedule{Start: 5, Rate: c.rate}.Hits(c.within), "%+v", c)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := Schedule{Start: rapid.Int64Range(0, 1e15).Draw(t, "start"), Rate: rapid.Float64Range(0.1, 1e5).Draw(t, "rate")}
		within := time.Duration(rapid.Int64Range(0, 20e9).Draw(t, "within"))
		n := p.Hits(within)
		if n > 0 {
			assert.Less(t, p.Due(n-1), p.Start+int64(within))
		}
		assert.GreaterOrEqual(t, p.Due(n), p.Start+int64(within))
	})
}
