package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

// lasts gives a run figures of three minutes around ms. Messages of the second minute are lost.
func lasts(ms float64) func(*bench.Result) {
	return func(r *bench.Result) {
		for minute := 1.0; minute <= 3; minute++ {
			row := bench.SeriesRow{End: 60 * minute, RSSMax: int64(1e6 * ms), Delivery: synthetic.Latencies(ms).Percentiles()}
			if minute == 2 {
				row.Lost, row.Delivery = 5, nil
			}
			r.Series = append(r.Series, row)
		}
	}
}

func TestFiguresOverTimeAreDrawnWithGaps(t *testing.T) {
	d := loaded(t, synthetic.Run(results.HourEntry, results.Plenum, 1, synthetic.Sends(5), lasts(5)), synthetic.Run(results.HourEntry, results.Bun, 1, synthetic.Sends(9), lasts(9)))
	drawn := plots(d)
	assert.Contains(t, drawn, hourP99Plot)
	assert.Contains(t, drawn, hourMemoryPlot)
	assert.Contains(t, reportText(d, drawn, reportIntro), "![p99 latency of each server over an hour](plots/hour-p99.svg)")
	points := seriesPoints(d.At(results.HourEntry, results.Bun).Shown(), seriesP99)
	assert.Len(t, points, 2)
	assert.True(t, points[1].AfterGap)
	assert.Len(t, seriesPoints(d.At(results.HourEntry, results.Bun).Shown(), seriesMemory), 3)
	assert.Contains(t, string(drawn[hourP99Plot].svg), "p99, ms (logarithmic axis)")
	assert.NotContains(t, plots(loaded(t, synthetic.Run(results.HourEntry, results.Plenum, 1, synthetic.Sends(5)))), hourP99Plot, "a result without a series")
}

func TestTheAxisOfTimeHasRoundMinutes(t *testing.T) {
	for last, want := range map[float64]string{3: "0 0.5 1 1.5 2 2.5 3", 60: "0 10 20 30 40 50 60", 61: "0 20 40 60 80", 5: "0 1 2 3 4 5"} {
		var labels []string
		for _, tick := range minutes(last) {
			labels = append(labels, tick.Label)
		}
		assert.Equal(t, want, strings.Join(labels, " "), last)
	}
}
