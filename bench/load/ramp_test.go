package load

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const second = int64(time.Second)

func TestTheHitsOfRampsAreDueWhenTheIntegralOfTheRateReachesTheirNumber(t *testing.T) {
	up := Ramp{Length: 10 * time.Second, To: 100} // the integral after t seconds is 5t²
	s := Schedule{Start: 7 * second, Ramps: []Ramp{up, {Length: 2 * time.Second, From: 100, To: 100}, {Length: 10 * time.Second, From: 100}}}
	for hit, want := range map[int]int64{
		0: 0, 5: second, 20: 2 * second, 125: 5 * second, 500: 10 * second, 550: 10*second + second/2, 699: 11*second + 99*second/100,
		700: 12 * second, 700 + 375: 17 * second, // the integral of the last ramp after t seconds is 100t-5t²
	} {
		assert.InDelta(t, 7*second+want, s.Due(hit), 1, "hit %d", hit)
	}
	assert.EqualValues(t, math.MaxInt64, s.Due(1200), "the schedule has ended")
	assert.Equal(t, 1200, s.Hits(22*time.Second))
	assert.Equal(t, 1200, s.Hits(time.Hour))
	assert.Equal(t, 20, s.Hits(2*time.Second), "hit 20 is due at the end of the 2 s")
}

func TestNothingIsDueInAPause(t *testing.T) {
	ten := Ramp{Length: time.Second, From: 10, To: 10}
	s := Schedule{Ramps: []Ramp{{Length: 3 * time.Second}, ten, {Length: 5 * time.Second}, ten}}
	assert.Equal(t, 3*second, s.Due(0))
	assert.Equal(t, 3*second+9*second/10, s.Due(9))
	assert.Equal(t, 9*second, s.Due(10))
	assert.Equal(t, 20, s.Hits(10*time.Second))
	assert.EqualValues(t, math.MaxInt64, Schedule{Ramps: []Ramp{{Length: time.Second}}}.Due(0))
}

func TestARampWithAConstantRateIsDueAsWithoutRamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.1, 1e5).Draw(t, "rate")
		plain := Schedule{Rate: rate}
		ramp := Schedule{Ramps: []Ramp{{Length: time.Hour, From: rate, To: rate}}}
		i := rapid.IntRange(0, int(3599*rate)).Draw(t, "hit")
		assert.InDelta(t, plain.Due(i), ramp.Due(i), 10, "hit %d", i) // 10 ns, of 3600 s
	})
}

// drawRamps returns ramps as stages give them: each begins where the last one ends, or jumps.
func drawRamps(t *rapid.T) (ramps []Ramp, whole time.Duration) {
	rate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 2000))
	at := 0.0
	for range rapid.IntRange(1, 12).Draw(t, "ramps") {
		if rapid.Bool().Draw(t, "jump") {
			at = rate.Draw(t, "jump to")
		}
		to := rate.Draw(t, "to")
		length := time.Duration(rapid.Int64Range(1_000_000, 20*second).Draw(t, "length"))
		ramps = append(ramps, Ramp{Length: length, From: at, To: to})
		at, whole = to, whole+length
	}
	return ramps, whole
}

// The reference adds up the rate over short times. So an error of the integral, or one that adds
// up from hit to hit, would show.
func TestTheDueTimesOfRampsAgreeWithASimpleSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ramps, whole := drawRamps(t)
		s := Schedule{Start: rapid.Int64Range(0, 1e15).Draw(t, "start"), Ramps: ramps}
		sum, begin := 0.0, int64(0)
		for _, r := range ramps {
			const steps = 500
			step := r.Length.Seconds() / steps
			for i := range steps {
				rate := func(i int) float64 { return r.From + (r.To-r.From)*float64(i)/steps }
				sum += step * (rate(i) + rate(i+1)) / 2
				end := begin + int64(float64(r.Length)*float64(i+1)/steps)
				require.InDelta(t, sum, s.Hits(time.Duration(end)), 1.001, "hits until %v", time.Duration(end))
			}
			begin += int64(r.Length)
		}
		assert.InDelta(t, sum, s.Hits(whole), 1.001)
	})
}

func TestTheHitsOfRampsAreInOrderAndAllWithinThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ramps, whole := drawRamps(t)
		s := Schedule{Start: rapid.Int64Range(0, 1e15).Draw(t, "start"), Ramps: ramps}
		n := s.Hits(whole)
		last := s.Start
		for i := range n {
			due := s.Due(i)
			require.GreaterOrEqual(t, due, last, "hit %d", i)
			last = due
		}
		require.LessOrEqual(t, last, s.Start+int64(whole))
		require.EqualValues(t, math.MaxInt64, s.Due(n))
		within := time.Duration(rapid.Int64Range(-1000, int64(whole)).Draw(t, "within"))
		k := s.Hits(within)
		if k > 0 {
			require.Less(t, s.Due(k-1), s.Start+int64(within))
		}
		require.GreaterOrEqual(t, s.Due(k), s.Start+int64(within))
	})
}

func FuzzHitsAndDueOfARampAgree(f *testing.F) {
	f.Add(0.0, 1000.0, int64(30*second), 17)
	f.Add(1000.0, 0.0, int64(second), 499)
	f.Add(5.0, 5.0, int64(1), 0)
	f.Add(1e-3, 1e7, int64(3600*second), 19_999_999)
	f.Fuzz(func(t *testing.T, from, to float64, length int64, hit int) {
		if !(from >= 0 && from <= 1e9 && to >= 0 && to <= 1e9) || length < 1 || length > 24*3600*second || hit < 0 || hit > maxMessages {
			t.Skip()
		}
		r := Ramp{Length: time.Duration(length), From: from, To: to}
		s := Schedule{Ramps: []Ramp{r}}
		due := s.Due(hit)
		if due == math.MaxInt64 {
			require.LessOrEqual(t, r.Hits(), float64(hit)+1e-5)
			return
		}
		require.True(t, due >= 0 && due <= length)
		// The rate is at most 1e9 per second, so the integral changes by at most 1 per ns.
		require.InDelta(t, float64(hit), r.within(time.Duration(due)), 1e-5+2*max(from, to)/1e9+1e-9*float64(hit))
	})
}
