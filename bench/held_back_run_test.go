package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/clock"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/load"
	"plenum/bench/wsclient"
)

// heavySent is the number of messages of heavyTo.
const heavySent = 1000

// measuredWith runs f in this process, as a Driver does. It calls ready before the first message.
func measuredWith(t *testing.T, f *Fan, ready func(l *load.Load)) *Result {
	t.Helper()
	p, ctx := f.plan(), fakeserver.Context(t)
	p.Shards = 1
	l, err := load.New(p)
	require.NoError(t, err)
	defer l.Stop()
	require.NoError(t, l.Open(ctx))
	for silence := (load.Silence{Members: 1}); silence.Members > 0; {
		silence, err = l.Probe(ctx)
		require.NoError(t, err)
	}
	ready(l)
	l.Begin(clock.Monotonic() + int64(100*time.Millisecond))
	l.Drain(ctx, l.Run(ctx))
	r := &Result{}
	r.fill(p, l.Finish())
	r.judge()
	return r
}

func TestARunWhoseSendersAreHeldBackDoesNotFail(t *testing.T) {
	t.Parallel()
	for name, members := range map[string]int{"a room": 2, "an echo": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := fakeserver.NewHub(t)
			fan := heavyTo(h)
			fan.Members = members
			const some = 50
			r := measuredWith(t, &fan, func(l *load.Load) {
				var since time.Time // when enough messages were refused
				h.StopReadingUntil(func() bool {
					if since.IsZero() && l.Usage().Stats.Refused >= some {
						since = time.Now()
					}
					return !since.IsZero() && time.Since(since) > 2*time.Duration(wsclient.LateAfter)
				})
			})
			assert.Empty(t, r.Failures)
			assert.True(t, r.WasHeldBack())
			assert.GreaterOrEqual(t, r.Refused, uint64(some))
			assert.EqualValues(t, heavySent, r.Sent+r.Refused)
			assert.Equal(t, r.Sent*uint64(members), r.Delivered, "every sent message arrived")
			require.NotNil(t, r.HeldBack)
			assert.Positive(t, r.HeldBack.Late)
			assert.InDelta(t, float64(r.Refused+r.HeldBack.Late)/heavySent, r.HeldBack.ShareOfMessages, 1e-9)
			assert.Positive(t, r.HeldBack.Seconds)
			assert.InDelta(t, r.HeldBack.Seconds/r.Seconds, r.HeldBack.ShareOfTime, 1e-9)
			assert.LessOrEqual(t, r.HeldBack.ShareOfTime, 1.0)
			require.NotNil(t, r.Delivery, "sent messages have latencies")
			assert.EqualValues(t, r.Delivered, r.Delivery.Count)
			assert.Contains(t, r.Notes, "the first message not sent: bench: backlog is full")
		})
	}
}

func TestAServerThatReadsInTimeHoldsNoSenderBack(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	fan := Fan{Traffic: trafficTo(h, 300*time.Millisecond), Rooms: 2, Members: 2, Senders: 1, Rate: 100}
	r := measured(t, &fan)
	assert.Empty(t, r.Failures)
	assert.Nil(t, r.HeldBack)
	assert.False(t, r.WasHeldBack())
	assert.Empty(t, r.HeldBackText())
}

func TestAServerThatNeverReadsAgainFailsTheRun(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	over := make(chan struct{})
	defer close(over)
	h.BeforeEach(func(number int) {
		if number == 5 {
			<-over
		}
	})
	fan := heavyTo(h)
	fan.Drain = Duration(300 * time.Millisecond)
	r := measured(t, &fan)
	assert.Positive(t, r.Missing)
	assert.Len(t, r.Failures, 1)
	assert.Contains(t, r.Failures[0], "deliveries still missing at the end of the drain")
	assert.False(t, r.WasHeldBack())
	require.NotNil(t, r.HeldBack, "the figures are reported all the same")
	assert.EqualValues(t, heavySent, r.Sent+r.Refused)
	assert.Nil(t, r.Delivery)
}

func TestASenderWhoseConnectionEndsIsNotHeldBack(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.BeforeEach(func(number int) {
		if number == 5 {
			h.CloseFirst()
		}
	})
	fan := Fan{Traffic: trafficTo(h, 300*time.Millisecond), Rooms: 1, Members: 1, Senders: 1, Rate: 100}
	r := measured(t, &fan)
	assert.Positive(t, r.Unsent)
	assert.Zero(t, r.Refused)
	assert.EqualValues(t, 30, r.Sent+r.Unsent)
	assert.False(t, r.WasHeldBack())
	assert.Contains(t, r.Failures, "1 connections ended by the server: 1 ended without a close frame")
}

func TestSendersInSeveralCopiesAreHeldBack(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.StopReadingFor(2 * time.Second)
	fan := heavyTo(h)
	fan.Processes, fan.Rooms, fan.Rate = 2, 2, 500
	require.NoError(t, fan.Validate())
	r, err := fan.Run(fakeserver.Context(t), copying())
	require.NoError(t, err)
	assert.Empty(t, r.Failures)
	require.True(t, r.WasHeldBack())
	assert.Equal(t, 2, r.Generator.Processes)
	assert.EqualValues(t, heavySent, r.Sent+r.Refused)
	assert.Equal(t, 2*r.Sent, r.Delivered)
	assert.Positive(t, r.HeldBack.Late)
	assert.Positive(t, r.HeldBack.Seconds)
}

// The drain of a run with churn ends when nothing has arrived for a second, unless a sender is
// held back.
func TestTheDrainOfAChurnWaitsForAHeldBackSender(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	fan := heavyTo(h)
	fan.Members = 5
	h.StopReadingFor(time.Duration(fan.Duration) + load.Quiet + load.Quiet/2)
	r := measured(t, &Churn{Fan: fan, Leaves: 10})
	assert.Empty(t, r.Failures)
	assert.True(t, r.WasHeldBack())
	assert.EqualValues(t, heavySent, r.Sent+r.Refused)
}

func TestARateAtWhichSendersAreHeldBackIsNotSustained(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	fan := heavyTo(h)
	h.StopReadingFor(time.Duration(fan.Duration))
	fan.Duration /= 2
	saturate := &Saturate{Fan: fan, Bound: Duration(time.Minute), Most: fan.Rate, Fine: 1}
	require.NoError(t, saturate.Validate())
	_, step, err := saturate.step(fakeserver.Context(t), &drive.Driver{}, fan.Rate)
	require.NoError(t, err)
	assert.False(t, step.Sustained)
	require.NotEmpty(t, step.Why)
	assert.Regexp(t, `^held back: [0-9.]+ % of the messages \([0-9]+ not sent, [0-9]+ late\), for [0-9.]+ s, [0-9.]+ % of the time$`, step.Why[0])
	assert.Positive(t, step.P99, "its latencies are kept")
}
