package load

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/latency"
	"plenum/bench/message"
)

// receiving returns a receiver of one room, and a function in which its loop receives 100
// deliveries and ends a turn.
func receiving(t testing.TB) (*receiver, func()) {
	const messages = 100
	p := &Plan{
		Mark: message.NewMark(), Sizes: []int{1}, Senders: 1, Rate: messages, Payload: 64, Duration: time.Second,
		Sample: 1, RoomSeq: true, Loops: 1,
	}
	f := newFollowing(p, true)
	var b []byte
	for n := range messages {
		b = framed(p, b, p.Mark.AppendText(nil, int64(1000*n), 0, n+1, p.Payload))
	}
	buffer := bytes.Clone(b)
	return f.recv, func() {
		copy(buffer, b)
		require.Nil(t, f.Feed(f.Clients[0], buffer, 1))
		f.recv.tracks[0].Last = 0 // so that the same messages are new again
		f.recv.batch(0, time.Microsecond)
	}
}

func TestAReaderOfTheFiguresCostsALoopNoAllocation(t *testing.T) {
	recv, turn := receiving(t)
	turn()
	plain := testing.AllocsPerRun(100, turn)
	all := latency.NewHistogram()
	recv.lanes[0].delivery.AddTo(all)
	assert.Equal(t, plain, testing.AllocsPerRun(100, turn))
	recv.lanes[0].delivery.AddTo(all)
	assert.Positive(t, all.Count())
	assert.Zero(t, plain)
}

// BenchmarkTurn is 100 deliveries and the end of the loop's turn: alone, and with a reader that asks once
// per second.
func BenchmarkTurn(b *testing.B) {
	for _, looks := range []bool{false, true} {
		b.Run(map[bool]string{false: "alone", true: "watched"}[looks], func(b *testing.B) {
			recv, turn := receiving(b)
			all := latency.NewHistogram()
			last := time.Now()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				turn()
				if looks && i%1000 == 0 && time.Since(last) > time.Second {
					last = time.Now()
					recv.lanes[0].delivery.AddTo(all)
				}
			}
		})
	}
}

func TestDueMessagesFollowTheSchedule(t *testing.T) {
	p := &Plan{Rate: 1000, Warmup: time.Second, Duration: 2 * time.Second}
	for within, want := range map[time.Duration]uint64{
		-time.Second: 0, 0: 0, time.Nanosecond: 1, time.Second: 1000, time.Minute: 3000,
	} {
		assert.Equal(t, want, p.DueWithin(within), within)
	}
	p.Shared = 20
	assert.EqualValues(t, 3000, p.DueWithin(time.Minute), "messages, not hits")
}
