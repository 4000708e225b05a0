package load

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/bench/message"
)

// receivingStages is one member that receives 100 messages per turn, which are due over all stages.
// sample is one in how many is timed. follow compares the member with an expected stream.
func receivingStages(t testing.TB, stages, sample int, follow bool) (ln *lane, turn func()) {
	const messages = 100
	p := &Plan{
		Mark: message.NewMark(), Sizes: []int{1}, Senders: 1, Rate: messages, Payload: 64, Duration: time.Second,
		Sample: sample, RoomSeq: true, Loops: 1,
	}
	for range stages {
		p.Stages = append(p.Stages, Ramp{Length: time.Second / time.Duration(stages), From: messages, To: messages})
	}
	f := newFollowing(p, follow)
	bounds := p.Bounds(0)
	f.recv.bounds.Store(&bounds)
	var b []byte
	for n := range messages {
		b = framed(p, b, fmt.Appendf(nil, `{"text":"%s","seq":%d}`, p.Mark.AppendText(nil, int64(10_000*n), 0, n+1, p.Payload), n+1))
	}
	buffer := make([]byte, len(b))
	return f.recv.lanes[0], func() {
		copy(buffer, b)
		require.Nil(t, f.Feed(f.Clients[0], buffer, 2e9))
		f.recv.tracks[0].Last, f.recv.rooms[0].Last = 0, 0 // so that the same messages are new again
	}
}

func TestStagesCostADeliveryNoAllocation(t *testing.T) {
	for _, sample := range []int{1, 2} {
		for _, follow := range []bool{false, true} {
			ln, turn := receivingStages(t, 10, sample, follow)
			turn()
			assert.Zero(t, testing.AllocsPerRun(100, turn), "one in %d, follow %v", sample, follow)
			for k := range ln.stages {
				assert.EqualValues(t, 10*102, ln.stages[k].Delivered, "stage %d, one in %d, follow %v", k, sample, follow)
				assert.EqualValues(t, 10*102/sample, ln.stages[k].Delivery.Count(), "stage %d, one in %d, follow %v", k, sample, follow)
			}
		}
	}
}

// BenchmarkStages is 100 deliveries.
func BenchmarkStages(b *testing.B) {
	for _, c := range []struct{ stages, sample int }{{0, 1}, {3, 1}, {100, 1}, {0, 4}, {3, 4}} {
		b.Run(fmt.Sprintf("stages=%d/one-in=%d", c.stages, c.sample), func(b *testing.B) {
			_, turn := receivingStages(b, c.stages, c.sample, true)
			b.ReportAllocs()
			for b.Loop() {
				turn()
			}
		})
	}
}

// The reference compares the due time with one stage after the other.
func TestAMessageBelongsToTheLastStageThatBeginsBeforeItOrWithIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &Plan{Warmup: time.Duration(rapid.Int64Range(0, second).Draw(t, "warmup"))}
		for range rapid.IntRange(1, 10).Draw(t, "stages") {
			p.Stages = append(p.Stages, Ramp{Length: time.Duration(rapid.Int64Range(10_000_000, second).Draw(t, "length"))})
		}
		start := rapid.Int64Range(0, 1e15).Draw(t, "start")
		bounds := p.Bounds(start)
		require.Len(t, bounds, len(p.Stages)+1)
		assert.EqualValues(t, math.MaxInt64, bounds[len(p.Stages)])
		due := start/1000 + rapid.Int64Range(0, 12_000_000).Draw(t, "due")
		want := -1
		at := start + int64(p.Warmup)
		for k, s := range p.Stages {
			if due >= at/1000 {
				want = k
			}
			at += int64(s.Length)
		}
		assert.Equal(t, want, stageAt(bounds, due))
	})
	assert.Equal(t, -1, stageAt(nil, 5), "there are no stages")
}

// Hits that fall near a bound are in the same stage by their due time and by their number.
func TestTheNumbersOfAStageAreThoseOfTheMessagesThatWereDueInIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &Plan{Sizes: []int{1, 1}, Senders: 1, Warmup: time.Duration(rapid.Int64Range(0, second/10).Draw(t, "warmup"))}
		p.Duration = 0
		from := rapid.Float64Range(0, 3000).Draw(t, "from")
		for range rapid.IntRange(1, 5).Draw(t, "stages") {
			r := Ramp{Length: time.Duration(rapid.Int64Range(10_000_000, second/10).Draw(t, "length")), From: from, To: rapid.Float64Range(0, 3000).Draw(t, "to")}
			p.Stages, p.Duration, from = append(p.Stages, r), p.Duration+r.Length, r.To
		}
		start := rapid.Int64Range(0, 1e12).Draw(t, "start")
		bounds, first, schedule := p.Bounds(start), p.stageHits(start), p.schedule(start)
		for hit := range p.hits() {
			k := stageAt(bounds, schedule.Due(hit)/1000)
			byNumber := -1
			for i := range p.Stages {
				if hit >= first[i] && hit < first[i+1] {
					byNumber = i
				}
			}
			require.Equal(t, k, byNumber, "hit %d", hit)
		}
	})
}
