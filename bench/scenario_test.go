package bench

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
	"plenum/bench/clock"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/latency"
	"plenum/bench/wsclient"
)

func TestZipfSizesAddUpAndDescend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rooms := rapid.IntRange(1, 300).Draw(t, "rooms")
		n := rooms + rapid.IntRange(0, 5000).Draw(t, "more")
		sizes := zipfSizes(n, rooms, 1, rapid.Float64Range(0, 4).Draw(t, "exponent"))
		sum := 0
		for i, size := range sizes {
			sum += size
			assert.Positive(t, size)
			if i > 0 {
				assert.LessOrEqual(t, size, sizes[i-1]+1, "except for rounding")
			}
		}
		assert.Equal(t, n, sum)
	})
	sizes := zipfSizes(10_000, 2000, 1, 1)
	assert.Equal(t, 979, sizes[0])
	assert.Equal(t, 490, sizes[1])
	assert.InDelta(t, 1, sizes[1999], 1)
}

func TestTheSearchEndsAtTheHighestSustainedRate(t *testing.T) {
	for _, c := range []struct {
		holds, first, most float64
		want               []float64
	}{
		{5000, 1000, 1e6, []float64{1000, 2000, 4000, 8000, 6000, 5000, 5500}},
		{1e9, 1000, 3000, []float64{1000, 2000, 3000}},
		{600, 1000, 4000, []float64{1000, 500, 750, 625, 562.5, 593.75}},
		{0, 1000, 4000, []float64{1000, 500, 250, 125, 62.5, 31.25, 15.625}},
	} {
		s := search{most: c.most, fine: 0.1}
		var tried []float64
		for rate, more := s.next(c.first); more; rate, more = s.next(c.first) {
			tried = append(tried, rate)
			s.learn(rate, rate <= c.holds)
			require.Less(t, len(tried), 50)
		}
		assert.Equal(t, c.want, tried)
		assert.LessOrEqual(t, s.sustained, c.holds)
	}
}

func TestTheSlopeIsThatOfTheLineThroughTheSteps(t *testing.T) {
	steps := []IdleStep{{Connections: 1000, RSS: 5000 + 700*1000}, {Connections: 3000, RSS: 5000 + 700*3000}, {Connections: 9000, RSS: 5000 + 700*9000}}
	assert.InDelta(t, 700, slope(steps), 1e-6)
	assert.Zero(t, slope(steps[:1]))
}

func TestInvalidOptionsAreRejectedWithTheirFlag(t *testing.T) {
	for want, spoil := range map[string]func(*Fan){
		"--rooms: must be 1 to 1000000, got 0":                                                                                           func(f *Fan) { f.Rooms = 0 },
		"--rooms: must be 1 to 1000000, got 1000000000000":                                                                               func(f *Fan) { f.Rooms = 1e12 },
		"--members: must be 1 or more, in all rooms together up to 10000000, got -1":                                                     func(f *Fan) { f.Members = -1 },
		"--members: must be 1 or more, in all rooms together up to 10000000, got 5000001":                                                func(f *Fan) { f.Rooms, f.Members = 2, 5000001 },
		"--senders: must be 1 to the members of a room, got 3":                                                                           func(f *Fan) { f.Senders = 3 },
		"--rate: must be more than 0, got 0":                                                                                             func(f *Fan) { f.Rate = 0 },
		"--rate: the run would have 100000001 messages, at most 20000000 are possible":                                                   func(f *Fan) { f.Rate = 1e8 },
		"--rate: the run would have 100000000000000000000 messages, at most 20000000 are possible":                                       func(f *Fan) { f.Rate = 1e20 },
		"--payload: must be 20 or more, got 19":                                                                                          func(f *Fan) { f.Payload = 19 },
		"--duration: must be more than 0s, got 0s":                                                                                       func(f *Fan) { f.Duration = 0 },
		"--warmup: must be 0s or more, got -1s":                                                                                          func(f *Fan) { f.Warmup = Duration(-time.Second) },
		"--processes: must be 0 (as many as required) to 64, got 65":                                                                     func(f *Fan) { f.Processes = 65 },
		"--dialers: must be 1 to 1024, got 0":                                                                                            func(f *Fan) { f.Dialers = 0 },
		"--loops: must be 0 (one per core) to 1024, got -1":                                                                              func(f *Fan) { f.Loops = -1 },
		"--publish: must have {text} once, got \"x\"":                                                                                    func(f *Fan) { f.Publish = "x" },
		"--url: must be like ws://localhost:8080/path or wss://chat.example.org/path, got \"x\": the scheme must be ws or wss, got \"\"": func(f *Fan) { f.URL = "x" },
	} {
		f := &Fan{Traffic: trafficTo(&fakeserver.Hub{URL: "ws://127.0.0.1:1/"}, time.Second), Rooms: 1, Members: 2, Senders: 1, Rate: 5}
		require.NoError(t, f.Validate())
		spoil(f)
		assert.EqualError(t, f.Validate(), want)
	}
}

func TestTooManyLeavesAreRejected(t *testing.T) {
	c := &Churn{Fan: Fan{Traffic: trafficTo(&fakeserver.Hub{URL: "ws://127.0.0.1:1/"}, time.Second), Rooms: 1, Members: 2, Senders: 1, Rate: 5}, Leaves: 1e9}
	assert.EqualError(t, c.Validate(), "--leaves: 1000000000 members would join during the run, at most 10000000 are possible")
}

func TestMembersJoinAndLeaveWithoutLoss(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	fan := Fan{Traffic: trafficTo(h, time.Second), Rooms: 3, Members: 5, Senders: 1, Rate: 50}
	r := measured(t, &Churn{Fan: fan, Leaves: 40})
	assert.Empty(t, r.Failures)
	require.NotNil(t, r.Churn)
	assert.EqualValues(t, 40, r.Churn.Joined)
	assert.EqualValues(t, 40, r.Churn.Left)
	assert.NotNil(t, r.Churn.JoinMs)
	assert.NotNil(t, r.Delivery)
	assert.EqualValues(t, 150, r.Sent)
	assert.Greater(t, r.Delivered, r.Sent, "senders and other members received messages")
}

func TestAllMembersOfZipfRoomsReceiveTheirMessages(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	r := measured(t, &Zipf{Traffic: trafficTo(h, 500*time.Millisecond), Rooms: 10, Connections: 60, Exponent: 1, Rate: 10})
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 50, r.Sent)
	assert.EqualValues(t, 5*60, r.Delivered)
	assert.Nil(t, r.Churn)
}

func TestMembersThatStopReadingAreNotInTheFigures(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	fan := Fan{Traffic: trafficTo(h, 500*time.Millisecond), Rooms: 1, Members: 10, Senders: 1, Rate: 20}
	r := measured(t, &Slow{Fan: fan, Stopped: 0.2})
	assert.Empty(t, r.Failures)
	require.NotNil(t, r.Slow)
	assert.Equal(t, 2, r.Slow.Members)
	assert.EqualValues(t, 10*8, r.Delivered)
}

func TestSaturateFindsASustainedRate(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	fan := Fan{Traffic: trafficTo(h, 200*time.Millisecond), Rooms: 1, Members: 2, Senders: 1, Rate: 20}
	r := measured(t, &Saturate{Fan: fan, Bound: Duration(10 * time.Second), Most: 40, Fine: 0.5})
	require.NotNil(t, r.Saturate)
	require.NotEmpty(t, r.Saturate.Steps)
	for _, step := range r.Saturate.Steps {
		assert.Equal(t, len(step.Why) == 0, step.Sustained, "%+v", step)
	}
}

func TestASearchEndsBelowARateThatTheGeneratorCannotSend(t *testing.T) {
	h := fakeserver.NewHub(t)
	fan := Fan{Traffic: trafficTo(h, time.Second), Rooms: 1, Members: 2, Senders: 1, Rate: 1e9}
	r, err := (&Saturate{Fan: fan, Bound: Duration(10 * time.Second), Most: 1e9, Fine: 0.5}).Run(fakeserver.Context(t), &drive.Driver{})
	require.NoError(t, err)
	assert.Equal(t, "generator", r.Saturate.LimitedBy)
	assert.Empty(t, r.Saturate.Steps)
	require.NotEmpty(t, r.Notes)
	assert.Regexp(t, "^the search ended before 1000000000 messages per second in each room: --rate: the run would have .* at most 20000000 are possible$", r.Notes[0])
}

func TestCtrlCEndsASearchWithTheRateSoFar(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cutAt int // step, from 1
		rate  float64
		text  string
	}{
		"before a rate was sustained": {1, 0, "no rate was sustained so far"},
		"after the second step":       {3, 40, "sustained 40 messages/s per room so far"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := fakeserver.NewHub(t)
			fan := Fan{Traffic: trafficTo(h, 300*time.Millisecond), Rooms: 1, Members: 2, Senders: 1, Rate: 20}
			ctx, cancel := context.WithCancel(fakeserver.Context(t))
			steps := 0
			h.BeforeEach(func(number int) {
				if number == 1 {
					steps++
				}
				if number == 3 && steps == c.cutAt {
					cancel()
				}
			})
			r, err := (&Saturate{Fan: fan, Bound: Duration(10 * time.Second), Most: 1000, Fine: 0.5}).Run(ctx, &drive.Driver{})
			require.NoError(t, err)
			assert.True(t, r.Cut)
			assert.Empty(t, r.Failures)
			assert.Equal(t, "interrupted", r.Saturate.LimitedBy)
			assert.Equal(t, c.rate, r.Saturate.Rate)
			assert.Equal(t, c.text, r.Saturate.Text())
			assert.Len(t, r.Saturate.Steps, c.cutAt)
			assert.Contains(t, r.Saturate.Steps[c.cutAt-1].Why, "cut")
		})
	}
}

func TestIdleMeasuresEachStep(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	idle := &Idle{Options: trafficTo(h, 100*time.Millisecond).Options, Members: 5, Steps: []int{10, 20}}
	r := measured(t, idle)
	require.NotNil(t, r.Idle)
	require.Len(t, r.Idle.Steps, 2)
	assert.Equal(t, 20, r.Idle.Steps[1].Connections)
	assert.Positive(t, r.Idle.Steps[1].RSS)
	assert.Equal(t, 20, r.Connections)
	idle.Steps = []int{20, 10}
	assert.ErrorContains(t, idle.Validate(), "--connections: must be rising")
}

// It is not parallel, because connect waits until the server, which is this process, is idle.
func TestConnectCountsUpgradesOfTheStormAndOfTheSteadyPart(t *testing.T) {
	h := fakeserver.NewHub(t)
	r := measured(t, &Connect{Options: trafficTo(h, 500*time.Millisecond).Options, Storm: 30, Rate: 40, Keep: 5, Members: 5})
	require.NotNil(t, r.Connect)
	require.NotNil(t, r.Connect.Storm)
	assert.EqualValues(t, 30, r.Connect.Storm.Done)
	require.NotNil(t, r.Connect.Steady)
	assert.NotZero(t, r.Connect.Steady.Done)
	assert.LessOrEqual(t, float64(r.Connect.Steady.Done), 40*r.Connect.Steady.Seconds+4, "40 per second, and a few more if the time counts from later on")
	for _, failure := range r.Failures { // a busy machine does not reach the rate
		assert.Contains(t, failure, "the steady part reached")
	}
}

// So the server's processor time per upgrade is that of an open and a close.
func TestEachUpgradeOfTheSteadyPartClosesAConnection(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	// An upgrade is due every 20 ms, so none is due when the time is over, which would cancel it.
	s := &Connect{Options: trafficTo(h, 310*time.Millisecond).Options, Storm: 1, Rate: 50, Keep: 7, Members: 5}
	g, err := s.group(s.Members)
	require.NoError(t, err)
	defer g.stop()
	u := &upgrading{group: g, open: make([]*wsclient.Client, s.Keep), latency: latency.NewRecorder()}
	u.fill(t.Context(), fakeserver.Timeout, s.Dialers)
	assert.EqualValues(t, s.Keep, g.pool.Stats().Open)
	assert.Zero(t, u.done.Load())
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(s.Duration))
	defer cancel()
	u.schedule, u.isSteady = s.schedule(clock.Monotonic()), true
	u.run(ctx, s.Dialers)
	require.NotZero(t, u.done.Load())
	closed := func() bool { return g.pool.Stats().Clean == u.done.Load() }
	assert.Eventually(t, closed, fakeserver.Timeout, time.Millisecond)
	assert.EqualValues(t, s.Keep, g.pool.Stats().Open)
}

func TestAMissedSteadyRateIsBlamedOnTheBusierSide(t *testing.T) {
	const text = "the steady part reached 1400 of 2000 upgrades per second"
	s := &Connect{Rate: 2000}
	for name, c := range map[string]struct {
		u         Upgrades
		fail, own []string
	}{
		"the server":    {Upgrades{PerSecond: 1400, Server: 1.3, Generator: 0.3}, []string{text}, nil},
		"the generator": {Upgrades{PerSecond: 1400, Server: 0.2, Generator: 1.2}, nil, []string{text}},
		"neither":       {Upgrades{PerSecond: 1950, Server: 1.3, Generator: 0.3}, nil, nil},
	} {
		r := &Result{}
		s.reason(r, "steady", &c.u)
		assert.Equal(t, c.fail, r.Failures, name)
		assert.Equal(t, c.own, r.Reasons, name)
	}
}
