package latency

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// soFar returns the number of values that the reader of r has received.
func soFar(r *Recorder) uint64 {
	h := NewHistogram()
	r.AddTo(h)
	return h.Count()
}

func TestAReaderGetsTheValuesRecordedUpToTheHandOverAfterItsPreviousCall(t *testing.T) {
	r := NewRecorder()
	r.Record(1)
	r.HandOver()
	assert.Zero(t, soFar(r), "nobody had asked")
	r.Record(2)
	assert.Zero(t, soFar(r), "not handed over")
	r.HandOver()
	r.Record(3)
	r.HandOver()
	assert.EqualValues(t, 2, soFar(r))
	r.HandOver()
	assert.EqualValues(t, 3, soFar(r))
	assert.EqualValues(t, 3, soFar(r), "nothing is counted twice")
	r.Record(4)
	whole := r.Whole()
	assert.EqualValues(t, 4, whole.Count())
	assert.EqualValues(t, 4, whole.At(100).Microseconds())
}

func TestWholeHasAllValuesHoweverOftenTheReaderHasAsked(t *testing.T) {
	for _, looks := range []int{0, 1, 2, 3} {
		r := NewRecorder()
		for us := range int64(10) {
			r.Record(us + 1)
			if int(us) < looks {
				soFar(r)
			}
			r.HandOver()
		}
		assert.EqualValues(t, 10, r.Whole().Count(), "%d looks", looks)
	}
}

func TestAWriterAndAReaderAtTheSameTimeLoseNothing(t *testing.T) {
	const n = 100_000
	r := NewRecorder()
	var writing sync.WaitGroup
	done := make(chan struct{})
	writing.Go(func() {
		defer close(done)
		for us := range int64(n) {
			r.Record(us)
			r.HandOver()
		}
	})
	seen, looks := uint64(0), 0
	for ended := false; !ended; looks++ {
		select {
		case <-done:
			ended = true
		default:
		}
		now := soFar(r)
		assert.GreaterOrEqual(t, now, seen)
		seen = now
	}
	writing.Wait()
	assert.LessOrEqual(t, seen, uint64(n))
	assert.EqualValues(t, n, r.Whole().Count())
}

func TestTheWriterAllocatesNothing(t *testing.T) {
	r, all := NewRecorder(), NewHistogram()
	r.AddTo(all) // the first call allocates the reader's histograms
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		r.Record(7)
		r.HandOver()
	}))
}

// BenchmarkRecord compares a delivery that is recorded with and without a reader.
func BenchmarkRecord(b *testing.B) {
	h := NewHistogram()
	b.Run("histogram", func(b *testing.B) {
		for b.Loop() {
			h.Record(4711)
		}
	})
	r := NewRecorder()
	b.Run("recorder", func(b *testing.B) {
		for b.Loop() {
			r.Record(4711)
		}
	})
	b.Run("turn", func(b *testing.B) { // once per turn of a loop, if the reader does not ask
		for b.Loop() {
			r.HandOver()
		}
	})
	b.Run("reader", func(b *testing.B) { // once per second and loop
		all := NewHistogram()
		for b.Loop() {
			r.Record(4711)
			r.HandOver()
			r.AddTo(all)
		}
	})
}
