package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/latency"
	"plenum/bench/sequence"
	"plenum/codec/pusher"
)

func TestAStageIsADurationAndANumber(t *testing.T) {
	for text, want := range map[string]Stage{
		"30s:1000": {30 * time.Second, 1000}, "1m30s:0.5": {90 * time.Second, 0.5}, "0s:7": {0, 7}, "10ms:0": {10 * time.Millisecond, 0},
	} {
		var s Stage
		require.NoError(t, s.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, s)
		back, err := s.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, text, string(back))
	}
	const malformed, outside = "expected DURATION:NUMBER such as 30s:1000 but got %q", "expected a duration of 0s, or of 10ms or more, and a number of 0 or more, but got %q"
	for text, want := range map[string]string{
		"": malformed, "30s": malformed, "30:5": malformed, "30s:": malformed, ":5": malformed, "30s:5:6": malformed, "30s:five": malformed,
		"-1s:5": outside, "1ms:5": outside, "1s:-5": outside, "1s:NaN": outside, "1s:Inf": outside,
	} {
		assert.EqualError(t, new(Stage).UnmarshalText([]byte(text)), fmt.Sprintf(want, text))
	}
}

// staged returns traffic with these stages and no other load.
func staged(t testing.TB, h *fakeserver.Hub, stages ...string) Traffic {
	traffic := trafficTo(h, 0)
	for _, text := range stages {
		var s Stage
		require.NoError(t, s.UnmarshalText([]byte(text)))
		traffic.Stage = append(traffic.Stage, s)
	}
	return traffic
}

func TestBadStagesAreRejected(t *testing.T) {
	h := &fakeserver.Hub{URL: "ws://127.0.0.1:1/"}
	many := make([]string, 101)
	for i := range many {
		many[i] = "1s:1"
	}
	for want, stages := range map[string][]string{
		"--stage: must be given at most 100 times, got 101 stages":                                many,
		"--stage: must be at most 24h0m0s in all, got 25h0m0s":                                    {"1h:1", "24h:1"},
		"--stage: must be longer than 0s at least once, got jumps only":                           {"0s:5", "0s:6"},
		"--stage: must be more than 0 at least once, in a stage with a length, got 0":             {"1s:0", "0s:9"},
		"--stage: the run would have 30000001 messages, at most 20000000 are possible":            {"60s:1000000"},
		"--duration: must be more than 0s, got 0s":                                                nil,
		"--stage: must be left out, because saturate chooses the rates itself, got 1 stages":      {"1s:1"},
		"--members: a room of 1 has nobody to receive a message, because the sender gets no copy": {"1s:1"},
	} {
		fan := Fan{Traffic: staged(t, h, stages...), Rooms: 1, Members: 2, Senders: 1}
		var s Scenario = &fan
		switch want[:7] {
		case "--durat":
			fan.Rate = 1
		case "--membe":
			fan.Members, fan.NoSelf = 1, true
		}
		if len(stages) == 1 && want[len(want)-8:] == "1 stages" {
			s = &Saturate{Fan: fan, Bound: 1, Most: 1, Fine: 1}
		}
		assert.EqualError(t, s.Validate(), want)
	}
}

// The rate rises to 200 per second, stays there, and falls to 0.
func TestEachStageHasItsOwnFigures(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	traffic := staged(t, h, "500ms:200", "500ms:200", "0s:100", "500ms:0")
	r := measured(t, &Fan{Traffic: traffic, Rooms: 2, Members: 3, Senders: 2})
	require.Empty(t, r.Failures)
	assert.EqualValues(t, 2*(50+100+25), r.Sent)
	assert.EqualValues(t, 3*r.Sent, r.Delivered)
	assert.GreaterOrEqual(t, r.Seconds, 1.5)
	require.Len(t, r.Stages, 3, "a jump has no figures")
	at := 0.0
	for i, want := range []struct {
		from, to float64
		sent     int
	}{{0, 200, 100}, {200, 200, 200}, {100, 0, 50}} {
		s := r.Stages[i]
		assert.Equal(t, []float64{at, 0.5, want.from, want.to}, []float64{s.Start, s.Seconds, s.From, s.To})
		assert.EqualValues(t, want.sent, s.Sent)
		assert.EqualValues(t, 3*want.sent, s.Delivered)
		assert.InDelta(t, 6*want.sent, s.Rate, 1e-9)
		assert.Zero(t, s.Lost+s.NotSent)
		require.NotNil(t, s.Delivery)
		assert.EqualValues(t, 3*want.sent, s.Delivery.Count)
		assert.EqualValues(t, want.sent, s.Completion.Count)
		at += 0.5
	}
	assert.EqualValues(t, r.Delivered, r.Delivery.Count)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"stages":["500ms:200","500ms:200","0s:100","500ms:0"]`)
	assert.Contains(t, string(text), `"stages":[{"start_seconds":0,"seconds":0.5,"from":0,"to":200,"sent":100,`)
}

func TestTheWarmupHasTheRateAtWhichTheStagesBegin(t *testing.T) {
	t.Parallel()
	traffic := staged(t, fakeserver.NewHub(t), "0s:100", "300ms:100", "300ms:0")
	traffic.Warmup = Duration(200 * time.Millisecond)
	r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1})
	require.Empty(t, r.Failures)
	assert.EqualValues(t, 20+30+15, r.Sent)
	assert.EqualValues(t, 30, r.Stages[0].Sent, "the warm-up belongs to no stage")
	assert.Zero(t, r.Stages[0].Start)
	assert.EqualValues(t, 2*(30+15), r.Delivery.Count)

	traffic = staged(t, fakeserver.NewHub(t), "300ms:100")
	traffic.Warmup = Duration(time.Hour)
	r = measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1})
	assert.EqualValues(t, 15, r.Sent, "stages that begin at 0 have no warm-up")
}

func TestALatencyBelongsToTheStageInWhichTheMessageWasDue(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.BeforeEach(func(number int) {
		if number == 30 { // of the first stage; 31 to 40 wait behind it, and so do the first ones of the next stage
			<-time.After(300 * time.Millisecond)
		}
	})
	r := measured(t, &Fan{Traffic: staged(t, h, "0s:100", "400ms:100", "400ms:100", "400ms:100"), Rooms: 1, Members: 2, Senders: 1})
	require.Empty(t, r.Failures)
	for i, want := range []uint64{40, 40, 40} {
		assert.Equal(t, want, r.Stages[i].Sent)
		assert.Equal(t, 2*want, r.Stages[i].Delivery.Count)
	}
	assert.GreaterOrEqual(t, r.Stages[0].Delivery.Max, 300.0)
	assert.Equal(t, r.Delivery.Max, max(r.Stages[0].Delivery.Max, r.Stages[1].Delivery.Max, r.Stages[2].Delivery.Max))
}

// The second stage loses messages in the middle, and the third one its last. The process of the
// sender and that of the member differ with copies.
func TestALostDeliveryBelongsToTheStageInWhichTheMessageWasDue(t *testing.T) {
	t.Parallel()
	for processes, driver := range map[int]*drive.Driver{1: {}, 3: copying()} {
		h := fakeserver.NewHub(t)
		h.OnDeliver(func(number, member int, p []byte) [][]byte {
			if member == 1 && (number >= 25 && number < 28 || number >= 59) {
				return nil
			}
			return [][]byte{p}
		})
		traffic := staged(t, h, "0s:100", "200ms:100", "200ms:100", "200ms:100")
		traffic.Processes, traffic.Drain = processes, Duration(300*time.Millisecond)
		r, err := (&Fan{Traffic: traffic, Rooms: 2, Members: 4, Senders: 1}).Run(fakeserver.Context(t), driver)
		require.NoError(t, err)
		assert.EqualValues(t, 6, r.Lost)
		assert.EqualValues(t, 4, r.Missing)
		for i, want := range []uint64{0, 6, 4} {
			s := r.Stages[i]
			assert.Equal(t, want, s.Lost, "stage %d of %d processes", i, processes)
			assert.EqualValues(t, 40, s.Sent)
			assert.EqualValues(t, 160-want, s.Delivered)
			assert.Equal(t, i == 0, s.Delivery != nil, "the latencies before the first loss remain")
		}
		assert.Nil(t, r.Delivery)
	}
}

func TestTheLossesOfTheStagesAddUpIfMembersJoinAndLeave(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	n := 0
	h.OnDeliver(func(number, _ int, p []byte) [][]byte {
		if n++; number > 0 && n%50 == 0 {
			return nil
		}
		return [][]byte{p}
	})
	traffic := staged(t, h, "500ms:100", "1s:100", "2s:50")
	traffic.Drain = Duration(300 * time.Millisecond)
	r := measured(t, &Churn{Fan: Fan{Traffic: traffic, Rooms: 3, Members: 5, Senders: 1}, Leaves: 20})
	lost, sent, delivered := uint64(0), uint64(0), uint64(0)
	for _, s := range r.Stages {
		lost, sent, delivered = lost+s.Lost, sent+s.Sent, delivered+s.Delivered
	}
	assert.NotZero(t, lost)
	assert.Equal(t, r.Lost+r.Missing, lost)
	assert.Equal(t, r.Sent, sent)
	assert.Equal(t, r.Delivered, delivered)
}

func TestRefusedMessagesAreCountedInTheirStage(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	h.BeforeEach(func(number int) {
		if number == 450 {
			<-time.After(time.Second)
		}
	})
	traffic := staged(t, h, "0s:1000", "400ms:1000", "700ms:1000")
	traffic.Payload, traffic.Drain = 30_000, Duration(fakeserver.Timeout/2)
	r := measured(t, &Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1})
	require.Empty(t, r.Failures)
	require.NotZero(t, r.Refused)
	assert.Equal(t, r.Refused, r.Stages[0].NotSent+r.Stages[1].NotSent)
	assert.NotZero(t, r.Stages[1].NotSent)
	for _, s := range r.Stages {
		assert.Zero(t, s.Lost, "the numbers have no gap")
		assert.Equal(t, 2*s.Sent, s.Delivered)
	}
	assert.EqualValues(t, 1100, r.Sent+r.Refused)
}

func TestARunOfStagesThatIsCutHasTheFiguresSoFar(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	ctx, cancel := context.WithCancel(fakeserver.Context(t))
	h.BeforeEach(func(number int) {
		if number == 30 {
			cancel()
		}
	})
	r, err := (&Fan{Traffic: staged(t, h, "0s:100", "200ms:100", "1m:100", "1m:100"), Rooms: 1, Members: 2, Senders: 1}).Run(ctx, &drive.Driver{})
	require.NoError(t, err)
	assert.True(t, r.Cut)
	require.Len(t, r.Stages, 3)
	assert.EqualValues(t, 20, r.Stages[0].Sent)
	assert.NotZero(t, r.Stages[1].Sent)
	assert.Equal(t, r.Sent, r.Stages[0].Sent+r.Stages[1].Sent)
	assert.Zero(t, r.Stages[2].Sent+r.Stages[2].Lost)
}

func TestARunWithAnyOtherFlawHasNoLatenciesInAnyStage(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Result)
		want  []bool
	}{
		"lost in the second stage": {func(r *Result) { r.Lost, r.Stages[1].Lost = 1, 1 }, []bool{true, false, false}},
		"refused in the second":    {func(r *Result) { r.Lost, r.Stages[2].Lost, r.Stages[1].NotSent = 1, 1, 5 }, []bool{true, false, false}},
		"duplicated":               {func(r *Result) { r.Duplicated = 1 }, []bool{false, false, false}},
		"of another room":          {func(r *Result) { r.Foreign = 1 }, []bool{false, false, false}},
		"duplicated numbers":       {func(r *Result) { r.Room = &sequence.Flaws{Duplicated: 1} }, []bool{false, false, false}},
		"nothing":                  {func(*Result) {}, []bool{true, true, true}},
	} {
		r := &Result{}
		for range c.want {
			r.Stages = append(r.Stages, StageFigures{MessageStage: &MessageStage{Delivery: &latency.Percentiles{}, Completion: &latency.Percentiles{}}})
		}
		c.spoil(r)
		r.judge()
		for i, want := range c.want {
			assert.Equal(t, want, r.Stages[i].Delivery != nil, "%s, stage %d", name, i)
			assert.Equal(t, want, r.Stages[i].Completion != nil, "%s, stage %d", name, i)
		}
	}
}

func TestStagesOfManyRooms(t *testing.T) {
	t.Parallel()
	m := manyTo(fakeserver.NewHub(t))
	m.Stage, m.Rate, m.Duration = []Stage{{Target: 10}, {500 * time.Millisecond, 10}}, 0, 0
	r := measured(t, m)
	require.Empty(t, r.Failures)
	require.Len(t, r.Stages, 1)
	assert.EqualValues(t, 3*5*5, r.Stages[0].Sent)
	assert.EqualValues(t, 4*3*5*5, r.Stages[0].Delivered)
	assert.Equal(t, 10.0, r.Stages[0].To, "per room")
}

// It is not parallel, because connect waits until the server, which is this process, is idle.
func TestTheSteadyPartOfConnectHasStages(t *testing.T) {
	h := fakeserver.NewHub(t)
	s := &Connect{Options: trafficTo(h, fakeserver.Timeout).Options, Storm: 5, Keep: 5, Members: 5}
	s.Stage = []Stage{{400 * time.Millisecond, 50}, {0, 100}, {400 * time.Millisecond, 100}}
	r := measured(t, s)
	require.NotNil(t, r.Connect.Steady)
	assert.InDelta(t, 10+40, r.Connect.Steady.Done+r.Connect.Steady.Late, 1, "the last one may be cut")
	assert.GreaterOrEqual(t, r.Connect.Steady.Seconds, 0.8)
	require.Len(t, r.Stages, 2)
	for i, want := range []float64{10, 40} {
		assert.InDelta(t, want, r.Stages[i].Done+r.Stages[i].Late, 1)
		assert.Zero(t, r.Stages[i].Failed)
		require.NotNil(t, r.Stages[i].Ms)
		assert.Equal(t, r.Stages[i].Done+r.Stages[i].Late, r.Stages[i].Ms.Count)
	}
	assert.Nil(t, r.Stages[0].MessageStage)
	assert.Equal(t, []float64{0.4, 0.4, 100, 100}, []float64{r.Stages[1].Start, r.Stages[1].Seconds, r.Stages[1].From, r.Stages[1].To})
}

func TestAnUpgradeThatIsLateOrFailsIsCountedInTheStageInWhichItWasDue(t *testing.T) {
	s := newUpgradeStages(stages{{time.Second, 5}, {0, 9}, {time.Second, 5}})
	s.done(int64(time.Second)-1, 3*time.Second)
	s.failed(0)
	s.late(int64(time.Second), time.Millisecond)
	s.done(2*int64(time.Second), time.Second) // not within any stage
	other := newUpgradeStages(stages{{time.Second, 5}, {time.Second, 5}})
	other.done(1500*int64(time.Millisecond), time.Second)
	s.merge(other)
	f := s.figures()
	require.Len(t, f, 2)
	assert.EqualValues(t, []uint64{1, 1, 0}, []uint64{f[0].Done, f[0].Failed, f[0].Late})
	assert.EqualValues(t, []uint64{1, 0, 1}, []uint64{f[1].Done, f[1].Failed, f[1].Late})
	assert.InDelta(t, 3000, f[0].Ms.Max, 5)
	assert.InDelta(t, 1000, f[1].Ms.Max, 5)
	assert.Nil(t, newUpgradeStages(nil).figures())
}

func TestAsManyUsersJoinAsAreDueInTheStages(t *testing.T) {
	p := presenceTo(fakeserver.NewHub(t))
	p.Members, p.Rate, p.Stage = 0, 0, []Stage{{0, 40}, {200 * time.Millisecond, 40}, {200 * time.Millisecond, 80}}
	r := measured(t, p)
	require.Empty(t, r.Failures)
	assert.Equal(t, 8+12, r.Connections)
	assert.EqualValues(t, 20, r.Presence.Joined)
	require.Len(t, r.Stages, 2)
	assert.EqualValues(t, 8, r.Stages[0].Done)
	assert.EqualValues(t, 12, r.Stages[1].Done)
	assert.EqualValues(t, 12, r.Stages[1].Ms.Count)
	p.Stage = []Stage{{0, 1e6}, {time.Second, 1e6}}
	assert.ErrorContains(t, p.Validate(), "--stage: must be 1 to ")
	p.Stage[1].Duration = 0
	assert.ErrorContains(t, p.Validate(), "--stage: must be longer than 0s at least once")
}

func TestAUserWithoutAListIsLateInItsStage(t *testing.T) {
	h := fakeserver.NewHub(t)
	h.OnList(func(all []pusher.User) []pusher.User { return all[:len(all)*min(1, 20-len(all))] })
	p := presenceTo(h)
	p.Members, p.Rate, p.Stage = 0, 0, []Stage{{0, 40}, {200 * time.Millisecond, 40}, {200 * time.Millisecond, 80}}
	r := measured(t, p)
	assert.Equal(t, []string{"1 users without a list"}, r.Failures)
	assert.EqualValues(t, []uint64{8, 0, 11, 1}, []uint64{r.Stages[0].Done, r.Stages[0].Late, r.Stages[1].Done, r.Stages[1].Late})
}
