package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

// stormsOf returns runs of connect with these upgrades per second, under an entry's name.
func stormsOf(entry string, perSecond map[string]float64) (runs []*bench.Result) {
	for target, rate := range perSecond {
		for repeat := 1; repeat <= 3; repeat++ {
			runs = append(runs, synthetic.Run(entry, target, repeat, synthetic.UpgradesAt(rate+float64(repeat))))
		}
	}
	return runs
}

// searchesOf returns runs of saturate with these rates, under an entry's name. by is the limit of the searches.
func searchesOf(entry, by string, rates map[string]float64) (runs []*bench.Result) {
	for target, rate := range rates {
		for repeat := 1; repeat <= 3; repeat++ {
			runs = append(runs, synthetic.Run(entry, target, repeat, synthetic.Holds(rate+float64(repeat), by)))
		}
	}
	return runs
}

func TestALeadWithOneShapeOnlyNamesTheLimitOfTheOther(t *testing.T) {
	first := searchesOf("saturate", "server", map[string]float64{results.Plenum: 12_000, results.Again: 12_100, results.Bun: 3000})
	one := searchesOf("saturate"+results.OneLoop, "generator", map[string]float64{results.Plenum: 7000, results.Again: 7100, results.Bun: 7050})
	assert.Contains(t, lineOf(oneShapeClaims(loaded(t, slices.Concat(first, one)...))), "plenum, then bun. With one loop, the limit of plenum's searches was: generator (3).")
}

func TestASentenceIsWrittenOnlyIfTheFiguresSaySo(t *testing.T) {
	for name, c := range map[string]struct {
		rates      map[string]float64
		best, lost string
	}{
		"ahead of every peer": {map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000, "gws": 9000}, "20,000 connections/s with plenum, 10,000 connections/s with bun, the next best. ", ""},
		"a tie":               {map[string]float64{results.Plenum: 20_000, results.Again: 18_000, results.Bun: 19_000}, "", ""},
		"a tie with one":      {map[string]float64{results.Plenum: 20_000, results.Again: 18_000, results.Bun: 10_000, "gws": 19_000}, "", ""},
		"behind one":          {map[string]float64{results.Plenum: 15_000, results.Again: 15_100, results.Bun: 10_000, "gws": 20_000}, "", "15,000 connections/s with plenum, 20,000 connections/s with gws. "},
		"only raw is better":  {map[string]float64{results.Plenum: 15_000, results.Again: 15_100, results.Bun: 10_000, results.Raw: 30_000}, "15,000 connections/s with plenum", ""},
		"no noise floor":      {map[string]float64{results.Plenum: 20_000, results.Bun: 10_000}, "", ""},
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
	runs := append(stormsOf("connect", map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000}), synthetic.Run("connect", results.Plenum, 4, synthetic.Fails("1 upgrades failed")))
	d := loaded(t, runs...)
	assert.NotContains(t, strengthsPart(d), "Opening")
	assert.Contains(t, strings.Join(strings.Fields(weaknessesPart(d)), " "), "plenum has no figure (1 of 4 failed). bun has 60.0 µs, and no run failed.")
}

func TestAPeerWhoseRunsFailedIsNotInTheWayOfALead(t *testing.T) {
	runs := stormsOf("connect", map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000})
	runs = append(runs, synthetic.Run("connect", "gws", 1, synthetic.UpgradesAt(19_000)))
	assert.NotContains(t, strengthsPart(loaded(t, runs...)), "Opening", "gws has one run so far, which decides nothing")
	runs = append(runs, synthetic.Run("connect", "gws", 2, synthetic.Fails("1 upgrades failed")))
	assert.Contains(t, strengthsPart(loaded(t, runs...)), "Opening", "gws has one run because the other one failed")
}

// opened is the column of the entry connect.
var opened = serverColumns[len(serverColumns)-1]

func TestAResultThatHoldsWithOneClientShapeIsReportedAsSuch(t *testing.T) {
	first := stormsOf("connect", map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000})
	same := stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 21_000, results.Again: 21_100, results.Bun: 10_000})
	tie := stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 10_000, results.Again: 11_000, results.Bun: 10_500})

	d := loaded(t, slices.Concat(first, same)...)
	assert.Contains(t, strengthsPart(d), "Opening connections")
	assert.NotContains(t, strengthsPart(d), "Not counted")
	assert.Empty(t, oneShapeClaims(d))

	d = loaded(t, slices.Concat(first, tie)...)
	assert.NotContains(t, strengthsPart(d), "Opening connections")
	assert.Contains(t, lineOf(strengthsPart(d)), "Not counted, because plenum leads with one of the two clients only: connections that 64 dialers open as fast as they can.")
	assert.Contains(t, oneShapeClaims(d), "- Ahead with one client shape only: Connections that 64 dialers open as fast as they can: plenum, then bun.")
	assert.Equal(t, "**1**", marked(d, opened, results.Plenum, "1"), "with the other shape it ties with the best")
	assert.Equal(t, "1", marked(d, opened, results.Bun, "1"), "a tie with the other shape only")
	text := strings.Join(strings.Fields(serversPart(d, "")), " ")
	assert.Contains(t, text, "in 1 of 7 columns the best is not the same with both")
	assert.Contains(t, shapesPart(d), "| connections opened per second | connect | plenum 20,000 | bun 10,500, plenum 10,000 | plenum |")

	lost := stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 10_000, results.Again: 10_100, results.Bun: 15_000})
	d = loaded(t, slices.Concat(first, lost)...)
	assert.Equal(t, "**1** †", marked(d, opened, results.Plenum, "1"))
	assert.NotContains(t, weaknessesPart(d), "Opening connections")
	assert.Contains(t, oneShapeClaims(d), "Behind with one client shape only: Connections that 64 dialers open")
}

func TestAServerThatWasMeasuredWithOneShapeOnlyDoesNotChangeTheOthersMarks(t *testing.T) {
	first := stormsOf("connect", map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000, "bun-tuned": 30_000})
	one := stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000})
	d := loaded(t, slices.Concat(first, one)...)
	assert.Equal(t, "**1**", marked(d, opened, "bun-tuned", "1"))
	assert.Equal(t, "1", marked(d, opened, results.Plenum, "1"))
	assert.NotContains(t, serversPart(d, ""), "the best is not the same")
	assert.Contains(t, shapesPart(d), "| connect | plenum 20,000 | plenum 20,000 | plenum |")
	assert.NotContains(t, strengthsPart(d), "Opening connections", "a tuned peer is ahead")
}

func TestTheThreeLargestDifferencesAreNamedOnePerTheme(t *testing.T) {
	var runs []*bench.Result
	for i, entry := range []string{"fan-hot-1000", "fan-hot-4000", "fan-large", "rooms-small", "churn", "echo"} {
		for target, factor := range map[string]float64{results.Plenum: 1, results.Again: 1.01, results.Bun: 2 + float64(i)} {
			for repeat := 1; repeat <= 3; repeat++ {
				runs = append(runs, synthetic.Run(entry, target, repeat, synthetic.Sends(factor*(1+0.001*float64(repeat)))))
			}
		}
	}
	d := loaded(t, runs...)
	var themes []string
	for _, f := range shown(strengths(d)) {
		themes = append(themes, f.theme+fmt.Sprintf(" %.0f", f.factor()))
	}
	assert.Equal(t, []string{"Echo 7", "Members that come and go 6", "Many small rooms 5"}, themes)
	text := lineOf(strengthsPart(d))
	assert.Contains(t, text, "plenum leads in 5 of 5 kinds of load, beyond the noise. The three largest differences:")
	assert.NotContains(t, text, "One large room")
	assert.Contains(t, lineOf(weaknessesPart(d)), "plenum loses in none of 5 kinds of load, beyond the noise.")
}

func TestALossIsNotHiddenByAPeerWhoseRunsSpread(t *testing.T) {
	runs := stormsOf("connect", map[string]float64{results.Plenum: 15_000, results.Again: 15_100, "gws": 20_000})
	for repeat, rate := range []float64{25_000, 25_000, 10_000} {
		runs = append(runs, synthetic.Run("connect", results.Bun, repeat+1, synthetic.UpgradesAt(rate)))
	}
	d := loaded(t, runs...)
	assert.Contains(t, lineOf(weaknessesPart(d)), "15,000 connections/s with plenum, 20,000 connections/s with gws.")
	assert.Contains(t, ordersPart(d), "| Opening connections | Connections that 64 dialers open as fast as they can, connections/s | 15,000 | gws 20,000 | bun | 0 |")
}

func TestALeadOverATunedPeerHasToHoldWithTheOtherClientToo(t *testing.T) {
	first := stormsOf("connect", map[string]float64{results.Plenum: 30_000, results.Again: 30_100, results.Bun: 10_000, "bun-tuned": 20_000})
	one := stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 40_000, results.Again: 40_100, results.Bun: 10_000})
	d := loaded(t, slices.Concat(first, one)...)
	assert.Contains(t, lineOf(strengthsPart(d)), "20,000 connections/s with bun-tuned, the next best. That is a factor of 1.50. With a client on one core it is 4.0 (bun).")

	one = stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 10_000, results.Again: 10_100, results.Bun: 10_050})
	d = loaded(t, slices.Concat(first, one)...)
	assert.NotContains(t, strengthsPart(d), "Opening connections")
	assert.Contains(t, oneShapeClaims(d), "Ahead with one client shape only: Connections that 64 dialers open")
}

func TestALossToAServerThatWasMeasuredWithOneShapeOnlyIsPublished(t *testing.T) {
	first := stormsOf("connect", map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000, "bun-tuned": 30_000})
	one := stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000})
	d := loaded(t, slices.Concat(first, one)...)
	assert.Contains(t, lineOf(weaknessesPart(d)), "20,000 connections/s with plenum, 30,000 connections/s with bun-tuned")
	assert.Empty(t, oneShapeClaims(d), "among the servers that were measured with both, the order is the same")
}

func TestAFailureOfPlenumWithTheDefaultClientIsPublished(t *testing.T) {
	first := stormsOf("connect", map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000})
	failed := synthetic.Run("connect", results.Plenum, 4, synthetic.Fails("1 upgrades failed"))
	one := stormsOf("connect"+results.OneLoop, map[string]float64{results.Plenum: 20_000, results.Again: 20_100, results.Bun: 10_000})
	d := loaded(t, slices.Concat(first, one, []*bench.Result{failed})...)
	assert.Contains(t, lineOf(weaknessesPart(d)), "plenum has no figure (1 of 4 failed)")
}
