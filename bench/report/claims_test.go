package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
)

// stormsOf returns runs of connect with these upgrades per second, under an entry's name.
func stormsOf(entry string, perSecond map[string]float64) (runs []*bench.Result) {
	for target, rate := range perSecond {
		for repeat := 1; repeat <= 3; repeat++ {
			runs = append(runs, aRun(entry, target, repeat, upgradesAt(rate+float64(repeat))))
		}
	}
	return runs
}

func TestASentenceIsWrittenOnlyIfTheFiguresSaySo(t *testing.T) {
	for name, c := range map[string]struct {
		rates      map[string]float64
		best, lost string
	}{
		"ahead of every peer": {map[string]float64{plenum: 20_000, again: 20_100, bun: 10_000, "gws": 9000}, "20,000 connections/s with plenum, 10,000 connections/s with the next best, bun. ", ""},
		"a tie":               {map[string]float64{plenum: 20_000, again: 18_000, bun: 19_000}, "", ""},
		"a tie with one":      {map[string]float64{plenum: 20_000, again: 18_000, bun: 10_000, "gws": 19_000}, "", ""},
		"behind one":          {map[string]float64{plenum: 15_000, again: 15_100, bun: 10_000, "gws": 20_000}, "", "15,000 connections/s with plenum, 20,000 connections/s with the best, gws. "},
		"only raw is better":  {map[string]float64{plenum: 15_000, again: 15_100, bun: 10_000, raw: 30_000}, "15,000 connections/s with plenum", ""},
		"no noise floor":      {map[string]float64{plenum: 20_000, bun: 10_000}, "", ""},
	} {
		d := loaded(t, stormsOf("connect", c.rates)...)
		for part, want := range map[string]string{strengthsPart(d): c.best, weaknessesPart(d): c.lost} {
			text := strings.Join(strings.Fields(part), " ")
			if want == "" {
				assert.NotContains(t, text, "Opening connections", name)
				continue
			}
			assert.Contains(t, text, "**Opening connections.** Connections that 64 dialers open as fast as they can: "+want, name)
		}
	}
}

func TestPlenumIsNeverTheBestIfARunFailed(t *testing.T) {
	runs := append(stormsOf("connect", map[string]float64{plenum: 20_000, again: 20_100, bun: 10_000}), aRun("connect", plenum, 4, fails("1 upgrades failed")))
	d := loaded(t, runs...)
	assert.NotContains(t, strengthsPart(d), "Opening")
	assert.Contains(t, strings.Join(strings.Fields(weaknessesPart(d)), " "), "plenum has no figure (1 of 4 failed). bun has 60.0 µs, and no run failed.")
}

func TestAResultThatHoldsWithOneClientShapeIsReportedAsSuch(t *testing.T) {
	first := stormsOf("connect", map[string]float64{plenum: 20_000, again: 20_100, bun: 10_000})
	same := stormsOf("connect"+oneLoop, map[string]float64{plenum: 21_000, again: 21_100, bun: 10_000})
	tie := stormsOf("connect"+oneLoop, map[string]float64{plenum: 10_000, again: 11_000, bun: 10_500})

	d := loaded(t, together(first, same)...)
	assert.Contains(t, strengthsPart(d), "Opening connections")
	assert.Empty(t, oneShapeClaims(d))

	d = loaded(t, together(first, tie)...)
	assert.NotContains(t, strengthsPart(d), "Opening connections")
	assert.Contains(t, oneShapeClaims(d), "- Ahead with one client shape only: Connections that 64 dialers open as fast as they can: plenum, then bun.")
	assert.Equal(t, []string{plenum}, d.marked(serverColumns[5]), "with the other shape it ties with the best")
	text := strings.Join(strings.Fields(serversPart(d, "")), " ")
	assert.Contains(t, text, "Not the same with both: connections opened per second.")
	assert.Contains(t, shapesPart(d), "| connections opened per second | connect | plenum 20,000 | bun 10,500, plenum 10,000 | plenum |")

	lost := stormsOf("connect"+oneLoop, map[string]float64{plenum: 10_000, again: 10_100, bun: 15_000})
	d = loaded(t, together(first, lost)...)
	assert.Empty(t, d.marked(serverColumns[5]))
	assert.NotContains(t, weaknessesPart(d), "Opening connections")
	assert.Contains(t, oneShapeClaims(d), "Behind with one client shape only: Connections that 64 dialers open")
}

func TestAServerThatWasMeasuredWithOneShapeOnlyDoesNotChangeTheOthersMarks(t *testing.T) {
	first := stormsOf("connect", map[string]float64{plenum: 20_000, again: 20_100, bun: 10_000, "bun-tuned": 30_000})
	one := stormsOf("connect"+oneLoop, map[string]float64{plenum: 20_000, again: 20_100, bun: 10_000})
	d := loaded(t, together(first, one)...)
	assert.Equal(t, []string{"bun-tuned"}, d.marked(serverColumns[5]))
	assert.NotContains(t, serversPart(d, ""), "Not the same with both")
	assert.Contains(t, shapesPart(d), "| connect | plenum 20,000 | plenum 20,000 | plenum |")
	assert.NotContains(t, strengthsPart(d), "Opening connections", "a tuned peer is ahead")
}

func TestTheThreeLargestDifferencesAreNamedOnePerTheme(t *testing.T) {
	var runs []*bench.Result
	for i, entry := range []string{"fan-hot-1000", "fan-hot-4000", "fan-large", "rooms-small", "churn", "echo"} {
		for target, factor := range map[string]float64{plenum: 1, again: 1.01, bun: 2 + float64(i)} {
			for repeat := 1; repeat <= 3; repeat++ {
				runs = append(runs, aRun(entry, target, repeat, sends(factor*(1+0.001*float64(repeat)))))
			}
		}
	}
	list := strengths(loaded(t, runs...))
	var themes []string
	for _, f := range list {
		themes = append(themes, f.theme+fmt.Sprintf(" %.0f", f.factor()))
	}
	assert.Equal(t, []string{"Echo 7", "Members that come and go 6", "Many small rooms 5"}, themes)
}
