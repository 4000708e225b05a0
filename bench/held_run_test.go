package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// heavy is traffic that fills all buffers between a sender and a hub that does not read:
// 30 MB within a second.
func (h *hub) heavy() Fan {
	traffic := h.traffic(time.Second)
	traffic.Payload, traffic.Drain = 30_000, Duration(patience/2)
	return Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 1000}
}

const heavySent = 1000

// conducted runs f in this process as Driver.measure does. ready is called before the
// first message.
func conducted(t *testing.T, f *Fan, ready func(l *load)) *Result {
	t.Helper()
	p, worker := f.plan(), &local{}
	p.Shards = 1
	c := &crew{driver: &Driver{}, hands: []hand{worker}, plan: p}
	defer c.stop()
	require.NoError(t, c.ready(testContext(t)))
	ready(worker.load)
	all, err := c.run(testContext(t))
	require.NoError(t, err)
	whole, err := c.settle(testContext(t), all, nil)
	require.NoError(t, err)
	r := &Result{}
	r.fill(p, whole)
	r.judge()
	return r
}

// holdsUntil has h read nobody from message number 5 on until done.
func (h *hub) holdsUntil(done func() bool) {
	h.holds(func(number int) {
		if number != 5 {
			return
		}
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for !done() {
			<-ticker.C
		}
	})
}

// holdsBeyond has h read nobody from message number 5 of a run on until it is so long
// after that message was due.
func (h *hub) holdsBeyond(hold time.Duration) {
	h.delivers(func(number, member int, p []byte) [][]byte {
		if due, ok := dueOf(p); ok && number == 5 && member == 0 {
			<-time.After(time.Duration(due*int64(time.Microsecond)-Monotonic()) + hold)
		}
		return [][]byte{p}
	})
}

func TestARunWhoseSendersAreHeldBackIsNoFailure(t *testing.T) {
	for name, members := range map[string]int{"a room": 2, "an echo": 1} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			fan := h.heavy()
			fan.Members = members
			const some = 50
			r := conducted(t, &fan, func(l *load) {
				var since time.Time // then all that waits is held back
				h.holdsUntil(func() bool {
					if since.IsZero() && l.pool.Stats().Refused >= some {
						since = time.Now()
					}
					return !since.IsZero() && time.Since(since) > 2*time.Duration(heldAfter)
				})
			})
			assert.Empty(t, r.Failures)
			assert.True(t, r.WasHeldBack())
			assert.GreaterOrEqual(t, r.Refused, uint64(some))
			assert.EqualValues(t, heavySent, r.Sent+r.Refused)
			assert.Equal(t, r.Sent*uint64(members), r.Delivered, "each that was sent has a number, and arrived")
			require.NotNil(t, r.HeldBack)
			assert.Positive(t, r.HeldBack.Late)
			assert.InDelta(t, float64(r.Refused+r.HeldBack.Late)/heavySent, r.HeldBack.Messages, 1e-9)
			assert.Positive(t, r.HeldBack.Seconds)
			assert.InDelta(t, r.HeldBack.Seconds/r.Seconds, r.HeldBack.Time, 1e-9)
			assert.LessOrEqual(t, r.HeldBack.Time, 1.0)
			require.NotNil(t, r.Delivery, "what was sent has its latency")
			assert.EqualValues(t, r.Delivered, r.Delivery.Count)
			assert.Contains(t, r.Notes, "the first message not sent: bench: backlog is full")
		})
	}
}

func TestAServerThatReadsInTimeHoldsNobodyBack(t *testing.T) {
	h := newHub(t)
	fan := Fan{Traffic: h.traffic(300 * time.Millisecond), Rooms: 2, Members: 2, Senders: 1, Rate: 100}
	r := measured(t, &fan)
	assert.Empty(t, r.Failures)
	assert.Nil(t, r.HeldBack)
	assert.False(t, r.WasHeldBack())
	assert.Empty(t, r.HeldBackText())
}

func TestAServerThatNeverReadsAgainFailsTheRun(t *testing.T) {
	h := newHub(t)
	over := make(chan struct{})
	defer close(over)
	h.holds(func(number int) {
		if number == 5 {
			<-over
		}
	})
	fan := h.heavy()
	fan.Drain = Duration(300 * time.Millisecond)
	r := measured(t, &fan)
	assert.Positive(t, r.Missing)
	assert.Len(t, r.Failures, 1)
	assert.Contains(t, r.Failures[0], "deliveries that had not come when the wait at the end was over")
	assert.False(t, r.WasHeldBack())
	require.NotNil(t, r.HeldBack, "it is told all the same")
	assert.EqualValues(t, heavySent, r.Sent+r.Refused)
	assert.Nil(t, r.Delivery)
}

func TestASenderWhoseConnectionEndsIsNotHeldBack(t *testing.T) {
	h := newHub(t)
	h.holds(func(number int) {
		if number == 5 {
			for _, members := range h.rooms { // the caller has the lock
				_ = members[0].CloseNow()
			}
		}
	})
	fan := Fan{Traffic: h.traffic(300 * time.Millisecond), Rooms: 1, Members: 1, Senders: 1, Rate: 100}
	r := measured(t, &fan)
	assert.Positive(t, r.Unsent)
	assert.Zero(t, r.Refused)
	assert.EqualValues(t, 30, r.Sent+r.Unsent)
	assert.False(t, r.WasHeldBack())
	assert.Contains(t, r.Failures, "1 connections ended by the server")
}

func TestCopiesAreHeldBackTogether(t *testing.T) {
	h := newHub(t)
	h.holdsBeyond(2 * time.Second)
	fan := h.heavy()
	fan.Processes, fan.Rooms, fan.Rate = 2, 2, 500
	require.NoError(t, fan.Validate())
	r, err := fan.Run(testContext(t), copying())
	require.NoError(t, err)
	assert.Empty(t, r.Failures)
	require.True(t, r.WasHeldBack())
	assert.Equal(t, 2, r.Generator.Processes)
	assert.EqualValues(t, heavySent, r.Sent+r.Refused)
	assert.Equal(t, 2*r.Sent, r.Delivered)
	assert.Positive(t, r.HeldBack.Late)
	assert.Positive(t, r.HeldBack.Seconds)
}

// The drain of a run whose members come and go ends when nothing has come for a second:
// not while a sender is held back.
func TestMembersComeAndGoWhileTheSenderIsHeldBack(t *testing.T) {
	h := newHub(t)
	fan := h.heavy()
	fan.Members = 5
	h.holdsBeyond(time.Duration(fan.Duration) + quiet + quiet/2)
	r := measured(t, &Churn{Fan: fan, Leaves: 10})
	assert.Empty(t, r.Failures)
	assert.True(t, r.WasHeldBack())
	assert.EqualValues(t, heavySent, r.Sent+r.Refused)
}

func TestARateAtWhichSendersAreHeldBackIsNotHeld(t *testing.T) {
	h := newHub(t)
	fan := h.heavy()
	h.holdsBeyond(time.Duration(fan.Duration))
	fan.Duration /= 2
	saturate := &Saturate{Fan: fan, Bound: Duration(time.Minute), Most: fan.Rate, Fine: 1}
	require.NoError(t, saturate.Validate())
	_, step, err := saturate.step(testContext(t), &Driver{}, fan.Rate)
	require.NoError(t, err)
	assert.False(t, step.Held)
	require.NotEmpty(t, step.Why)
	assert.Regexp(t, `^held back: [0-9.]+ % of the messages \([0-9]+ not sent, [0-9]+ late\), for [0-9.]+ s, [0-9.]+ % of the time$`, step.Why[0])
	assert.Positive(t, step.P99, "its latencies stand")
}
