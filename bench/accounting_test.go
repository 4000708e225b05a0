package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/latency"
	"plenum/bench/message"
	"plenum/bench/sequence"
)

// measured runs a scenario in this process and returns its result.
func measured(t *testing.T, s Scenario) *Result {
	t.Helper()
	require.NoError(t, s.Validate())
	r, err := s.Run(fakeserver.Context(t), &drive.Driver{})
	require.NoError(t, err)
	return r
}

// This is about coordinated omission. A message that was due during a stall has waited since it
// was due, even if it left after the stall.
func TestAStallOfTheServerShowsInTheLatencies(t *testing.T) {
	t.Parallel()
	const period, stall, rate = time.Second, 200 * time.Millisecond, 500
	h := fakeserver.NewHub(t)
	h.StallEvery(period, stall)
	r := measured(t, &Fan{Traffic: trafficTo(h, 2*period), Rooms: 1, Members: 2, Senders: 1, Rate: rate})
	require.Empty(t, r.Failures)
	require.NotNil(t, r.Delivery)
	assert.GreaterOrEqual(t, r.Delivery.P999, 190.0)
	assert.GreaterOrEqual(t, r.Delivery.P99, 180.0, "a tenth of the messages are due in the first half of a stall")
	assert.GreaterOrEqual(t, r.Completion.P999, 190.0)
	assert.EqualValues(t, 2*rate, r.Sent)
	assert.EqualValues(t, 2*2*rate, r.Delivered)
}

// A delay during the warm-up is in no latency, so it must not make the run INVALID.
func TestTheSendLagIsThatOfTheMessagesWithALatency(t *testing.T) {
	fan := &Fan{Traffic: trafficTo(fakeserver.NewHub(t), 200*time.Millisecond), Rooms: 1, Members: 2, Senders: 1, Rate: 100}
	fan.Warmup = Duration(300 * time.Millisecond)
	r := measured(t, fan)
	require.Empty(t, r.Failures)
	assert.EqualValues(t, 50, r.Sent)
	assert.EqualValues(t, 20, r.Generator.LagMs.Count)
	assert.EqualValues(t, 2*20, r.Delivery.Count)
}

// This is why the schedule is an open loop. A client that waits for each answer before its next
// message sends nothing during the stall. The test is not parallel, because it has a bound for the latencies.
func TestAClosedLoopWouldHideTheStall(t *testing.T) {
	const period, stall = time.Second, 200 * time.Millisecond
	h := fakeserver.NewHub(t)
	h.StallEvery(period, stall)
	conn, _, err := websocket.Dial(fakeserver.Context(t), h.URL, nil)
	require.NoError(t, err)
	defer conn.CloseNow()
	m, latencies := message.NewMark(), latency.NewHistogram()
	for begin := time.Now(); time.Since(begin) < period+stall; {
		sent := time.Now()
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, m.AppendText(nil, 0, 0, 1, 64)))
		_, _, err := conn.Read(t.Context())
		require.NoError(t, err)
		latencies.Record(time.Since(sent).Microseconds())
	}
	assert.Less(t, latencies.At(99), stall/2)
	assert.Greater(t, latencies.At(100), stall*9/10)
}

func TestOneLostDuplicatedOrReorderedMessageFailsTheRun(t *testing.T) {
	t.Parallel()
	const members, number, victim = 3, 20, 1
	for name, c := range map[string]struct {
		deliver func(number, member int, payload []byte) [][]byte
		want    sequence.Flaws
	}{
		"dropped": {func(n, _ int, p []byte) [][]byte {
			if n == number {
				return nil
			}
			return [][]byte{p}
		}, sequence.Flaws{Lost: 1}},
		"duplicated": {func(n, _ int, p []byte) [][]byte {
			if n == number {
				return [][]byte{p, p}
			}
			return [][]byte{p}
		}, sequence.Flaws{Duplicated: 1}},
		"out of order": {swapping(number), sequence.Flaws{OutOfOrder: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := fakeserver.NewHub(t)
			h.OnDeliver(func(n, member int, p []byte) [][]byte {
				if member == victim {
					return c.deliver(n, member, p)
				}
				return [][]byte{p}
			})
			traffic := trafficTo(h, 500*time.Millisecond)
			traffic.Drain = Duration(300 * time.Millisecond)
			r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: members, Senders: 1, Rate: 100})
			assert.Equal(t, c.want, r.Flaws)
			assert.EqualValues(t, 50, r.Sent)
			assert.EqualValues(t, 50*members-c.want.Lost, r.Delivered)
			assert.Len(t, r.Failures, 1)
			assert.True(t, r.Failed())
			assert.Nil(t, r.Delivery, "a failed run has no latencies")
			assert.Nil(t, r.Completion)
			assert.Nil(t, r.Histograms)
		})
	}
}

// Messages that have not arrived at the end are missing, not lost.
func TestMissingMessagesFailTheRun(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.OnDeliver(func(n, member int, p []byte) [][]byte {
		if n > 48 && member == 1 {
			return nil
		}
		return [][]byte{p}
	})
	traffic := trafficTo(h, 500*time.Millisecond)
	traffic.Drain = Duration(300 * time.Millisecond)
	r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 3, Senders: 1, Rate: 100})
	assert.Equal(t, []string{"2 deliveries still missing at the end of the drain"}, r.Failures)
	assert.Zero(t, r.Lost)
	assert.InDelta(t, 0.5, r.Seconds, 0.1, "the drain is not part of the run")
}

// swapping delivers a message after the next one.
func swapping(number int) func(n, member int, p []byte) [][]byte {
	var held []byte
	return func(n, _ int, p []byte) [][]byte {
		switch n {
		case number:
			held = slices.Clone(p)
			return nil
		case number + 1:
			return [][]byte{p, held}
		}
		return [][]byte{p}
	}
}

func TestAMessageInTheWrongRoomFailsTheRun(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	m := message.Mark{}
	h.OnDeliver(func(n, member int, p []byte) [][]byte {
		if n != 5 || member != 0 {
			return [][]byte{p}
		}
		copy(m[:], p)
		return [][]byte{p, m.AppendText(nil, 0, 1-must(message.Stream(p)), 1, 64)}
	})
	r := measured(t, &Fan{Traffic: trafficTo(h, 300*time.Millisecond), Rooms: 2, Members: 2, Senders: 1, Rate: 30})
	assert.EqualValues(t, 2, r.Foreign, "one in each room")
	assert.Equal(t, []string{"2 messages in the wrong room"}, r.Failures)
}

func must(n int, _ bool) int { return n }

func TestTheNumbersOfTheServerAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		skip, bare int
		want       []string
	}{
		"whole":   {0, 0, []string{}},
		"skipped": {9, 0, []string{"2 numbers missing in the server's seq"}},
		"without": {0, 9, []string{"2 numbers missing in the server's seq", "2 messages without the server's seq"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := fakeserver.NewHub(t)
			seq := 0
			h.OnDeliver(func(n, member int, p []byte) [][]byte {
				if member == 0 {
					seq++
					if n > 0 && n == c.skip {
						seq++
					}
				}
				if n > 0 && n == c.bare {
					return [][]byte{p}
				}
				return [][]byte{envelope(p, seq)}
			})
			r := measured(t, &Fan{Traffic: trafficTo(h, 300*time.Millisecond), Rooms: 1, Members: 2, Senders: 1, Rate: 50})
			assert.Equal(t, c.want, r.Failures)
			assert.Equal(t, sequence.Flaws{}, r.Flaws)
			require.NotNil(t, r.Room)
		})
	}
}

// So does plenum's route /ws. Its answers have the number of the message too.
func TestAnswersToCommandsAreNoMessages(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	seq := 7
	h.OnDeliver(func(n, member int, p []byte) [][]byte {
		if member > 0 {
			return [][]byte{envelope(p, seq)}
		}
		seq++
		published := fmt.Appendf(nil, `{"type":"published","id":3,"room":"a","seq":%d}`, seq)
		switch n % 3 {
		case 0:
			joined := fmt.Appendf(nil, `{"type":"joined","room":"a","epoch":"1x","seq":%d}`, seq-1)
			return [][]byte{joined, published, envelope(p, seq)}
		case 1:
			return [][]byte{published, envelope(p, seq)}
		}
		return [][]byte{envelope(p, seq), published}
	})
	r := measured(t, &Fan{Traffic: trafficTo(h, 300*time.Millisecond), Rooms: 1, Members: 2, Senders: 1, Rate: 50})
	assert.Empty(t, r.Failures)
	assert.Equal(t, &sequence.Flaws{}, r.Room)
	assert.EqualValues(t, 2*r.Sent, r.Delivered)
}

func envelope(text []byte, seq int) []byte {
	b, err := json.Marshal(struct {
		Text string `json:"text"`
		Seq  int    `json:"seq"`
	}{string(text), seq})
	if err != nil {
		panic(err)
	}
	return b
}

func TestSeveralMessagesInOneFrameAreAllCounted(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	var kept []byte
	h.OnDeliver(func(n, member int, p []byte) [][]byte {
		switch {
		case n == 0:
			return [][]byte{envelope(p, 1)}
		case n%2 == 1:
			kept = envelope(p, 1)
			return nil
		}
		return [][]byte{slices.Concat(kept, []byte("\n"), envelope(p, 1))}
	})
	traffic := trafficTo(h, 400*time.Millisecond)
	traffic.RoomSeq = false
	r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 3, Senders: 1, Rate: 100})
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 40*3, r.Delivered)
}

func TestCompletionIsTheLatencyOfTheLastMember(t *testing.T) {
	t.Parallel()
	const late = 30 * time.Millisecond
	h := fakeserver.NewHub(t)
	h.OnDeliver(func(n, member int, p []byte) [][]byte {
		if n > 0 && member == 3 {
			<-time.After(late)
		}
		return [][]byte{p}
	})
	traffic := trafficTo(h, 500*time.Millisecond)
	r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 4, Senders: 1, Rate: 10})
	require.Empty(t, r.Failures)
	assert.GreaterOrEqual(t, r.Completion.P50, 30.0)
	assert.Less(t, r.Delivery.P50, r.Completion.P50, "three of four members received it earlier")
	assert.EqualValues(t, 5, r.Completion.Count)
	assert.EqualValues(t, 5*4, r.Delivery.Count)
}

func TestTheWarmupIsCountedButNotTimed(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	traffic := trafficTo(h, 200*time.Millisecond)
	traffic.Warmup = Duration(300 * time.Millisecond)
	r := measured(t, &Fan{Traffic: traffic, Rooms: 2, Members: 3, Senders: 2, Rate: 50})
	require.Empty(t, r.Failures)
	assert.EqualValues(t, 50, r.Sent)
	assert.EqualValues(t, 50*3, r.Delivered)
	assert.EqualValues(t, 20, r.Completion.Count)
	assert.EqualValues(t, 20*3, r.Delivery.Count)
}

func TestCtrlCEndsARunWithTheFiguresSoFar(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	ctx, cancel := context.WithCancel(fakeserver.Context(t))
	h.BeforeEach(func(number int) {
		if number == 20 {
			cancel()
		}
	})
	r, err := (&Fan{Traffic: trafficTo(h, time.Minute), Rooms: 1, Members: 2, Senders: 1, Rate: 100}).Run(ctx, &drive.Driver{})
	require.NoError(t, err)
	assert.True(t, r.Cut)
	assert.Empty(t, r.Failures)
	assert.NotNil(t, r.Delivery)
	assert.GreaterOrEqual(t, r.Sent, uint64(20))
	assert.Equal(t, 2*r.Sent, r.Delivered)
}

func TestCtrlCBeforeTheStartGivesAnInvalidResult(t *testing.T) {
	h := fakeserver.NewHub(t)
	ctx, cancel := context.WithCancel(fakeserver.Context(t))
	cancel()
	r, err := (&Fan{Traffic: trafficTo(h, time.Minute), Rooms: 1, Members: 2, Senders: 1, Rate: 100}).Run(ctx, &drive.Driver{})
	require.NoError(t, err)
	assert.True(t, r.Cut)
	assert.False(t, r.Valid)
	assert.Zero(t, r.Sent)
}
