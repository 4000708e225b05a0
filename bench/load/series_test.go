package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"plenum/bench/latency"
	"plenum/bench/sequence"
)

func TestIntervalsCoverTheMeasuredTime(t *testing.T) {
	p := &Plan{Warmup: time.Minute, Duration: 10 * time.Second, Every: 4 * time.Second}
	assert.Equal(t, 3, p.intervals())
	for second, want := range map[float64]int{-60: 0, 0: 0, 3.9: 0, 4: 1, 9.9: 2, 11.9: 2, 12: 2, 100: 2} {
		assert.Equal(t, want, p.Interval(int64(second*1e9)), second)
	}
	assert.Zero(t, (&Plan{Duration: time.Second}).intervals())
}

// There are 10 messages, one due per second. Two of the three members have flaws.
func TestLostDeliveriesAreCountedInTheIntervalOfTheirMessage(t *testing.T) {
	p := &Plan{Sizes: []int{3}, Senders: 1, Rate: 1, Warmup: time.Second, Duration: 9 * time.Second, Every: 3 * time.Second}
	l := &Load{plan: p, began: int64(time.Hour), ends: make([]ends, p.intervals())}
	outcome := func(seen ...[]uint64) *Outcome {
		o := &Outcome{Start: l.began, Due: make([]int64, p.each()), Delivery: latency.NewHistogram()}
		for i := range 10 {
			o.Due[i] = l.began/1000 + int64(i)*1_000_000
		}
		o.Last = make([]int64, len(o.Due))
		o.series(l)
		for _, numbers := range seen {
			m, tr := &member{first: true}, sequence.Track{}
			for _, n := range numbers {
				tr.Add(n)
			}
			o.track(l, m, &tr, 0, 10)
		}
		return o
	}
	one := outcome([]uint64{1, 2, 4, 5, 6, 7, 8, 9, 10}, []uint64{1, 2, 3, 4, 5, 7, 6, 8})
	assert.Equal(t, []uint64{1, 0, 2}, one.LostIn(p), "3 is due 1 s after the warm-up; 9 and 10 are missing at the end")
	other := outcome([]uint64{1, 2, 3, 4, 5, 6, 8, 9, 10})
	one.Merge(withHistograms(other))
	assert.Equal(t, []uint64{1, 1, 2}, one.LostIn(p))
	assert.EqualValues(t, 2, one.Flaws.Lost)
	assert.EqualValues(t, 2, one.Missing)
}

func withHistograms(o *Outcome) *Outcome {
	o.Lag, o.Batches, o.Joins = latency.NewHistogram(), latency.NewHistogram(), latency.NewHistogram()
	return o
}
