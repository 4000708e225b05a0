package bench

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
)

// sound returns a result that is sound.
func sound() *Result {
	return &Result{
		Delivery: &latency.Percentiles{Count: 1000, P50: 5, P99: 20}, Completion: &latency.Percentiles{}, Histograms: &Encoded{}, SampledOneIn: 1,
		Generator: &OwnUse{
			Processes: 1, Loops: 1, Cores: 0.3, BusiestLoop: 0.3,
			LagMs: &latency.Percentiles{P50: 0.1, P99: 0.9}, BatchMs: &latency.Percentiles{P99: 0.9},
		},
	}
}

func TestARunIsInvalidIfTheGeneratorMayHaveCausedTheResult(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Result)
		want  string
	}{
		"sound":               {func(*Result) {}, ""},
		"late, but no matter": {func(r *Result) { r.Generator.LagMs.P99 = 3.9 }, ""},
		"late":                {func(r *Result) { r.Generator.LagMs.P99 = 4.1 }, "the generator sent late: p99 4.10 ms of a latency of p99 20.00 ms"},
		"always late":         {func(r *Result) { r.Generator.LagMs.P50 = 1.1 }, "the generator sent late: p50 1.10 ms of a latency of p50 5.00 ms"},
		"collecting":          {func(r *Result) { r.Generator.MaxPauseMs = 5 }, "a garbage collection of the generator took 5.00 ms of a latency of p99 20.00 ms"},
		"away":                {func(r *Result) { r.Generator.BatchMs.P99 = 11 }, "the generator's loops were away from their sockets: p99 11.00 ms of a latency of p99 20.00 ms"},
		"full":                {func(r *Result) { r.Generator.Cores = 0.91 }, "the generator used 0.91 cores of the 1 its loops can use"},
		"never waiting":       {func(r *Result) { r.Generator.BusiestLoop = 0.96 }, "a loop of the generator was busy 96.0 % of the time"},
		"quick and a little late": {func(r *Result) {
			r.Delivery.P99, r.Delivery.P50 = 0.2, 0.1
		}, ""},
	} {
		r := sound()
		c.spoil(r)
		r.judge()
		if c.want == "" {
			assert.Empty(t, r.Reasons, name)
			assert.True(t, r.Valid, name)
			continue
		}
		assert.Equal(t, []string{c.want}, r.Reasons, name)
		assert.False(t, r.Valid, name)
		assert.False(t, r.Failed(), name)
		assert.NotNil(t, r.Delivery, "an invalid result keeps its latencies")
	}
}

// The same lag is 19 % of the latency of a slow run and 40 % of that of a fast one.
func TestWithLatenessAsANoteTheSameLagSelectsNoRunByItsLatency(t *testing.T) {
	for name, c := range map[string]struct {
		p99   float64
		notes int
	}{"slow": {11, 0}, "fast": {5, 1}} {
		r := sound()
		r.Delivery.P50, r.Delivery.P99, r.Generator.LagMs.P99 = 2, c.p99, 2
		r.judge()
		assert.Equal(t, c.notes, len(r.Reasons), name)
		r.ForSuite()
		assert.True(t, r.Valid, name)
		assert.Empty(t, r.Reasons, name)
		assert.Len(t, r.Notes, c.notes, name)
		r.Generator.BusiestLoop = 1
		r.judge()
		r.ForSuite()
		assert.Equal(t, []string{"a loop of the generator was busy 100.0 % of the time"}, r.Reasons, name)
		assert.False(t, r.Valid, name)
	}
}

func TestASearchThatTheGeneratorLimitedIsInvalidAndKeepsItsRate(t *testing.T) {
	step := func(rate float64, sustained, valid, ended bool) (*Result, SaturateStep) {
		r := sound()
		r.judge()
		r.Server = &observe.ServerUse{Ended: ended}
		return r, SaturateStep{Rate: rate, Sustained: sustained, Valid: valid}
	}
	for name, c := range map[string]struct {
		valid, ended bool // the step that was not sustained
		limit        string
		verdict      string
	}{
		"the server":    {true, false, "server", Sound},
		"the generator": {false, false, "generator", Invalid},
		"a crash":       {false, true, "server", Sound},
	} {
		f := &searchResult{}
		f.take(step(100, true, true, false))
		f.take(step(200, false, c.valid, c.ended))
		r, err := f.result(t.Context())
		require.NoError(t, err)
		verdict, why := r.Verdict()
		assert.Equal(t, c.verdict, verdict, name)
		assert.Equal(t, c.limit, r.Saturate.LimitedBy, name)
		assert.Equal(t, 100.0, r.Saturate.Rate, name)
		if c.verdict == Invalid {
			assert.Equal(t, "the generator was the limit: the server may sustain more", why)
			r.ForSuite()
			assert.True(t, r.Valid, "a suite keeps the rate, and limited_by says what it is")
			assert.Contains(t, r.Notes, why)
		}
	}
}

func TestARateBeyondThoseOfTheGeneratorLeavesTheRateBelowIt(t *testing.T) {
	best := sound()
	f := &searchResult{}
	f.take(best, SaturateStep{Rate: 100, Sustained: true, Valid: true})
	f.beyond(200, errors.New("too many messages"))
	r, err := f.result(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 100.0, r.Saturate.Rate)
	verdict, why := r.Verdict()
	assert.Equal(t, Invalid, verdict)
	assert.Equal(t, "the generator was the limit: the server may sustain more", why)
	assert.Contains(t, r.Notes, "the search ended before 200 messages per second in each room: too many messages")
}

func TestAnIdleServerWhoseMemoryDidNotGrowHasANote(t *testing.T) {
	for grown, notes := range map[float64]int{900: 0, 0: 1, -10: 1} {
		r := &Result{Idle: &IdleFigures{Steps: []IdleStep{{BytesPerConnection: 500}, {BytesPerConnection: grown}}}}
		r.noteUsedServer()
		assert.Len(t, r.Notes, notes, "%v bytes per connection", grown)
	}
	cut := &Result{Idle: &IdleFigures{}}
	cut.noteUsedServer()
	assert.Empty(t, cut.Notes)
}

func TestMissingMessagesOfACutRunAreNoFailure(t *testing.T) {
	r := sound()
	r.Missing, r.Cut = 3, true
	r.judge()
	assert.Empty(t, r.Failures)
	r.Lost = 1
	r.judge()
	assert.Len(t, r.Failures, 1, "a skipped number is a failure")
}

func TestALossIsInvalidIfTheGeneratorWasOverrun(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Result)
		valid bool
	}{
		"lost":                 {func(r *Result) { r.Lost = 1 }, true},
		"overrun":              {func(r *Result) { r.Generator.BusiestInterval = 0.99 }, true},
		"lost and overrun":     {func(r *Result) { r.Lost, r.Generator.BusiestInterval = 1, 0.99 }, false},
		"late and overrun":     {func(r *Result) { r.Missing, r.Generator.BusiestInterval = 1, 0.99 }, false},
		"refused and overrun":  {func(r *Result) { r.Refused, r.Generator.BusiestInterval = 1, 0.99 }, false},
		"ended and overrun":    {func(r *Result) { r.Ended, r.Generator.BusiestInterval = 1, 0.99 }, false},
		"lost and nearly full": {func(r *Result) { r.Lost, r.Generator.BusiestInterval = 1, 0.9 }, true},
	} {
		r := sound()
		c.spoil(r)
		r.judge()
		assert.Equal(t, c.valid, r.Valid, name)
	}
}

func TestAHeldBackRunDoesNotFailAndKeepsItsLatencies(t *testing.T) {
	heldBack := func(r *Result) {
		r.Refused, r.HeldBack = 3, &HeldBackFigures{Late: 5, ShareOfMessages: 0.08, Seconds: 1.5, ShareOfTime: 0.3}
	}
	for name, c := range map[string]struct {
		spoil       func(*Result)
		held, valid bool
	}{
		"held back":               {func(*Result) {}, true, true},
		"with a loss":             {func(r *Result) { r.Lost = 1 }, false, true},
		"with something missing":  {func(r *Result) { r.Missing = 1 }, false, true},
		"with a connection ended": {func(r *Result) { r.Ended = 1 }, false, true},
		"cut":                     {func(r *Result) { r.Cut = true }, false, true},
		"with a generator overrun": {func(r *Result) {
			r.Refused, r.Generator.BusiestInterval = 0, 0.99
		}, true, false},
	} {
		r := sound()
		heldBack(r)
		c.spoil(r)
		r.judge()
		assert.Equal(t, c.held, r.WasHeldBack(), name)
		assert.Equal(t, c.valid, r.Valid, name)
		assert.Equal(t, !c.valid, r.Overrun(), name)
		assert.Equal(t, !r.Failed(), r.Delivery != nil, name)
	}
	r := sound()
	heldBack(r)
	assert.Equal(t, "8 % of the messages (3 not sent, 5 late), for 1.50 s, 30 % of the time", r.HeldBackText())
}

// All other failures follow from that.
func TestTheEndOfTheServerIsTheFirstFailure(t *testing.T) {
	r := sound()
	r.Lost, r.Missing, r.Unsent, r.Ended = 1, 2, 3, 5
	r.Ends = wsclient.EndCounts{"reset": 4, "closed with 1001": 1}
	r.Server = &observe.ServerUse{Ended: true}
	r.Generator.BusiestInterval = 0.99
	r.judge()
	assert.Equal(t, []string{
		"the server's process ended during the run",
		"5 connections ended by the server: 4 reset, 1 closed with 1001",
		"1 deliveries lost",
	}, r.Failures[:3])
	assert.True(t, r.Valid, "the generator cannot have caused that")
}

func TestAnyFlawFailsARunAndRemovesItsLatencies(t *testing.T) {
	for want, spoil := range map[string]func(*Result){
		"1 deliveries lost": func(r *Result) { r.Lost = 1 },
		"2 deliveries still missing at the end of the drain":   func(r *Result) { r.Missing = 2 },
		"3 messages not sent because the connection had ended": func(r *Result) { r.Unsent = 3 },
		"2 deliveries duplicated":                              func(r *Result) { r.Duplicated = 2 },
		"3 deliveries out of order":                            func(r *Result) { r.OutOfOrder = 3 },
		"4 messages in the wrong room":                         func(r *Result) { r.Foreign = 4 },
		"5 connections ended by the server":                    func(r *Result) { r.Ended = 5 },
		"6 numbers missing in the server's seq":                func(r *Result) { r.Room = &sequence.Flaws{Lost: 6} },
		"7 numbers duplicated in the server's seq":             func(r *Result) { r.Room = &sequence.Flaws{Duplicated: 7} },
		"8 numbers out of order in the server's seq":           func(r *Result) { r.Room = &sequence.Flaws{OutOfOrder: 8} },
		"9 joins refused":                                      func(r *Result) { r.Churn = &ChurnFigures{NotJoined: 9} },
	} {
		r := sound()
		spoil(r)
		r.judge()
		assert.Equal(t, []string{want}, r.Failures)
		assert.Nil(t, r.Delivery)
		assert.Nil(t, r.Completion)
		assert.Nil(t, r.Histograms)
	}
}
