package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
)

// watch runs a scenario, and returns its result and all figures on the way.
func watch(t *testing.T, d *drive.Driver, s Scenario) (*Result, []drive.Live) {
	t.Helper()
	require.NoError(t, s.Validate())
	var all []drive.Live
	d.Live = func(f drive.Live) { all = append(all, f) }
	r, err := s.Run(fakeserver.Context(t), d)
	require.NoError(t, err)
	return r, all
}

// phases returns the names of the phases in order.
func phases(all []drive.Live) (names []string) {
	for _, f := range all {
		names = append(names, f.Phase)
	}
	return slices.Compact(names)
}

// last returns the last figures of a phase.
func last(t *testing.T, all []drive.Live, phase string) drive.Live {
	t.Helper()
	for _, f := range slices.Backward(all) {
		if f.Phase == phase {
			return f
		}
	}
	require.Fail(t, "no such phase", phase)
	return drive.Live{}
}

func TestTheFiguresOfARunAreKnownOnTheWay(t *testing.T) {
	t.Parallel()
	for _, processes := range []int{1, 3} {
		t.Run(fmt.Sprint(processes, " processes"), func(t *testing.T) {
			t.Parallel()
			h := fakeserver.NewHub(t)
			traffic := trafficTo(h, 2200*time.Millisecond) // the figures come once per second
			traffic.Processes, traffic.Warmup = processes, Duration(100*time.Millisecond)
			r, all := watch(t, copying(), &Fan{Traffic: traffic, Rooms: 2, Members: 5, Senders: 2, Rate: 50})
			require.Empty(t, r.Failures)
			assert.Equal(t, []string{"opening", "probing", "warm-up", "measuring", "draining", "counting"}, phases(all))

			opened := last(t, all, "opening")
			assert.EqualValues(t, 10, opened.Wanted)
			assert.EqualValues(t, 10, opened.Connections)
			assert.Zero(t, opened.Due)

			end := last(t, all, "measuring")
			assert.Equal(t, r.Sent, end.Sent)
			assert.Equal(t, r.Sent, end.Due)
			assert.Equal(t, end.Length, end.Elapsed)
			assert.Positive(t, end.CPU)
			assert.Positive(t, end.Latency.Count(), "as of the previous look")

			end = last(t, all, "draining")
			assert.Equal(t, r.Delivered, end.Delivered)
			assert.EqualValues(t, 10, end.Connections)
			assert.LessOrEqual(t, end.Latency.Count(), r.Delivery.Count)
			assert.LessOrEqual(t, end.Latency.At(100), time.Duration(r.Delivery.Max*float64(time.Millisecond)))

			between := 0
			for i, f := range all[1:] {
				assert.GreaterOrEqual(t, f.Sent, all[i].Sent)
				assert.LessOrEqual(t, f.Sent, f.Due)
				assert.GreaterOrEqual(t, f.Delivered, all[i].Delivered)
				assert.GreaterOrEqual(t, f.Latency.Count(), all[i].Latency.Count())
				if f.Phase == "measuring" && f.Sent > 0 && f.Sent < r.Sent {
					between++
				}
			}
			assert.GreaterOrEqual(t, between, 1, "figures once per second")
		})
	}
}

func TestEachStepOfSaturateStartsFromZero(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	fan := Fan{Traffic: trafficTo(h, 100*time.Millisecond), Rooms: 1, Members: 2, Senders: 1, Rate: 20}
	_, all := watch(t, &drive.Driver{}, &Saturate{Fan: fan, Bound: Duration(time.Minute), Most: 40, Fine: 1})
	assert.Equal(t, []string{
		"opening", "probing", "measuring", "draining", "counting", "opening", "probing", "measuring", "draining", "counting",
	}, phases(all))
	assert.Zero(t, last(t, all, "opening").Sent)
	for i, f := range all[1:] {
		assert.GreaterOrEqual(t, f.CPU, all[i].CPU, "the processor time is that of the process")
	}
}

// It is not parallel, because connect waits until the server, which is this process, is idle.
func TestScenariosWithoutMessagesHaveFiguresOnTheWay(t *testing.T) {
	h := fakeserver.NewHub(t)
	o := trafficTo(h, 300*time.Millisecond).Options
	r, all := watch(t, &drive.Driver{}, &Connect{Options: o, Storm: 30, Rate: 40, Keep: 5, Members: 5})
	assert.Equal(t, []string{"storm", "waiting", "filling", "waiting", "steady"}, phases(all))
	storm, steady := last(t, all, "storm"), last(t, all, "steady")
	assert.EqualValues(t, 30, storm.Sent)
	assert.EqualValues(t, 30, storm.Due)
	assert.Equal(t, "upgrades", steady.Unit)
	assert.Equal(t, r.Connect.Steady.Done, steady.Sent)
	assert.EqualValues(t, 12, steady.Due)
	assert.EqualValues(t, 5, last(t, all, "filling").Wanted)

	_, all = watch(t, &drive.Driver{}, &Idle{Options: o, Members: 5, Steps: []int{10, 20}})
	assert.Equal(t, []string{"settling", "opening", "settling", "measuring", "opening", "settling", "measuring"}, phases(all))
	assert.EqualValues(t, 20, last(t, all, "measuring").Connections)
	assert.EqualValues(t, 20, last(t, all, "opening").Wanted)

	_, all = watch(t, &drive.Driver{}, presenceTo(h))
	assert.Equal(t, []string{"opening", "waiting", "joining", "settling"}, phases(all))
	joined := last(t, all, "joining")
	assert.Equal(t, []uint64{20, 20, 20}, []uint64{joined.Due, joined.Sent, joined.Delivered})
}
