package latency

import (
	"sync/atomic"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Recorder is a histogram that one goroutine, the writer, fills, while another one, the reader,
// reads it. Neither waits for the other, and the writer never copies or allocates.
//
// The reader asks by giving the writer an empty histogram. At its next HandOver, the writer
// returns the filled histogram and records into the empty one. So AddTo adds the values recorded up to
// the first HandOver after the previous call of AddTo.
type Recorder struct {
	own Histogram // owned by the writer

	// atomic
	empty atomic.Pointer[hdr.Histogram] // from the reader; nil: the reader does not ask
	full  atomic.Pointer[hdr.Histogram] // from the writer; nil: the writer has handed over nothing

	taken Histogram // owned by the reader: all values that it has received; the zero Histogram until it has asked
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder { return &Recorder{own: NewHistogram()} }

// Record counts a duration of us microseconds. Only the writer may call it.
func (r *Recorder) Record(us int64) { r.own.Record(us) }

// HandOver gives the recorded values to the reader, if the reader has asked. Only the writer may call it.
func (r *Recorder) HandOver() {
	if r.empty.Load() == nil {
		return
	}
	full := r.own.counts
	r.own.counts = r.empty.Swap(nil)
	r.full.Store(full)
}

// AddTo adds to h all values that the reader has received, and asks for the newer ones. Only the reader may
// call it.
func (r *Recorder) AddTo(h Histogram) {
	if r.taken.counts == nil {
		r.taken = NewHistogram()
		r.empty.Store(NewHistogram().counts)
	}
	if full := r.full.Swap(nil); full != nil {
		r.taken.Merge(Histogram{full})
		full.Reset()
		r.empty.Store(full)
	}
	h.Merge(r.taken)
}

// Whole returns a histogram of all recorded values. Neither the writer nor the reader may run at that time.
func (r *Recorder) Whole() Histogram {
	whole := NewHistogram()
	whole.Merge(r.own)
	if full := r.full.Load(); full != nil {
		whole.Merge(Histogram{full})
	}
	whole.Merge(r.taken)
	return whole
}
