package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// hourTo returns a run of 3 s with a row per second. The last two of five members stall twice: from 1.2 to 1.6 s and from
// 2.4 to 2.8 s.
func hourTo(h *fakeserver.Hub) *Hour {
	fan := Fan{Traffic: trafficTo(h, 3*time.Second), Rooms: 1, Members: 5, Senders: 1, Rate: 50}
	return &Hour{
		Churn: Churn{Fan: fan, Leaves: 1}, Stopped: 0.4, Stall: Duration(400 * time.Millisecond),
		StallEvery: Duration(1200 * time.Millisecond), SeriesEvery: Duration(time.Second),
	}
}

// ranHour runs an hour that is shorter than Validate allows.
func ranHour(t *testing.T, h *Hour) *Result {
	r, err := h.Run(fakeserver.Context(t), &drive.Driver{})
	require.NoError(t, err)
	return r
}

func TestAnHourHasARowPerInterval(t *testing.T) {
	t.Parallel()
	hub := fakeserver.NewHub(t)
	r := ranHour(t, hourTo(hub))
	assert.Empty(t, r.Failures)
	require.Len(t, r.Series, 3)
	var count uint64
	for i, row := range r.Series {
		assert.InDelta(t, float64(i+1), row.End, 1e-9)
		require.NotNil(t, row.Delivery)
		count += row.Delivery.Count
		assert.Positive(t, row.RSS)
		assert.GreaterOrEqual(t, row.RSSMax, row.RSS)
		assert.Positive(t, row.Cores)
		assert.Zero(t, row.Lost+row.Ended+row.SlowEnded)
	}
	assert.Equal(t, r.Delivery.Count, count, "each delivery is in one row")
	assert.Equal(t, r.Delivered, count)
	assert.Equal(t, &SlowFigures{Members: 2, Stalls: 4, RSSGrowth: r.Slow.RSSGrowth}, r.Slow)
	assert.NotNil(t, r.Churn)
}

func TestAStallingMemberThatWasClosedComesBack(t *testing.T) {
	t.Parallel()
	hub := fakeserver.NewHub(t)
	h := hourTo(hub)
	h.URL += "?user={user}"
	h.Duration, h.Stall, h.StallEvery = Duration(8*time.Second), Duration(time.Second), Duration(3*time.Second)
	hub.BeforeEach(func(number int) {
		if number == 160 { // due after 3.2 s, in the first stall
			hub.CloseUser("m0000004")
		}
	})
	r := ranHour(t, h)
	assert.Empty(t, r.Failures)
	assert.EqualValues(t, 1, r.Slow.Ended)
	assert.EqualValues(t, 4, r.Slow.Stalls, "both members stall twice")
	var ended uint64
	for _, row := range r.Series {
		ended += row.SlowEnded
	}
	assert.EqualValues(t, 1, ended)
}

func TestARowWithALossHasNoLatencies(t *testing.T) {
	t.Parallel()
	hub := fakeserver.NewHub(t)
	hub.OnDeliver(func(number, _ int, payload []byte) [][]byte {
		if number == 75 { // due after 1.48 s
			return nil
		}
		return [][]byte{payload}
	})
	r := ranHour(t, hourTo(hub))
	require.Len(t, r.Failures, 1)
	assert.Nil(t, r.Delivery)
	assert.Positive(t, r.Lost)
	require.Len(t, r.Series, 3)
	for i, lost := range []uint64{0, r.Lost, 0} {
		assert.Equal(t, lost, r.Series[i].Lost)
		assert.Equal(t, lost > 0, r.Series[i].Delivery == nil)
	}
}

func TestRowsEndWithARunThatWasCut(t *testing.T) {
	p := &load.Plan{Warmup: time.Second, Duration: 10 * time.Second, Every: 2 * time.Second, Sizes: []int{1}, Senders: 1, Rate: 1}
	whole := &load.Outcome{Start: int64(time.Hour), Series: make([]load.Interval, 5)}
	for i := range whole.Series {
		whole.Series[i].Ended = 1 // so no histogram is needed
	}
	whole.Usage.At = int64(4 * time.Second)
	at := func(second float64, rss int64, cpu time.Duration) observe.Sample {
		return observe.Sample{At: whole.Start + int64(second*1e9), RSS: rss, CPU: cpu}
	}
	rows := series(p, whole, []observe.Sample{
		at(0.5, 9, 0), at(1, 10, 0), at(2, 30, time.Second), at(2.9, 20, 1900*time.Millisecond), at(3, 40, 2*time.Second), at(9, 50, 0),
	})
	require.Len(t, rows, 2, "the run was cut 3 s after the warm-up")
	assert.Equal(t, SeriesRow{End: 2, Ended: 1, RSS: 20, RSSMax: 30, Cores: 1}, rows[0])
	assert.EqualValues(t, 40, rows[1].RSS)
	assert.Nil(t, series(&load.Plan{}, &load.Outcome{}, nil))
}

func TestInvalidOptionsOfAnHourAreRejectedWithTheirFlag(t *testing.T) {
	for want, spoil := range map[string]func(*Hour){
		"--stopped: must be 0 to 0.9, got 1":                                                   func(h *Hour) { h.Stopped = 1 },
		"--stall: must be more than 0s, got 0s":                                                func(h *Hour) { h.Stall = 0 },
		"--stall-every: must be at least --stall and 5s more, got 6s":                          func(h *Hour) { h.StallEvery = Duration(6 * time.Second) },
		"--series-every: must be 1s or more, and at least a thousandth of --duration, got 1ms": func(h *Hour) { h.SeriesEvery = Duration(time.Millisecond) },
		"--series-every: must be 1s or more, and at least a thousandth of --duration, got 1s":  func(h *Hour) { h.Duration = Duration(1002 * time.Second) },
		"--leaves: must be more than 0, got 0":                                                 func(h *Hour) { h.Leaves = 0 },
		"--members: a room of 5 cannot have 2 senders and 4 slow members":                      func(h *Hour) { h.Senders, h.Stopped = 2, 0.8 },
	} {
		h := hourTo(&fakeserver.Hub{URL: "ws://127.0.0.1:1/"})
		h.Duration, h.Stall, h.StallEvery, h.SeriesEvery = Duration(20*time.Second), Duration(2*time.Second), Duration(7*time.Second), Duration(time.Second)
		require.NoError(t, h.Validate())
		spoil(h)
		assert.EqualError(t, h.Validate(), want)
	}
}
