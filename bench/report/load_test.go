package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/spread"
)

// loaded saves the runs to a folder and loads it.
func loaded(t *testing.T, runs ...*bench.Result) *data {
	t.Helper()
	dir := t.TempDir()
	save(t, dir, runs...)
	d, err := load(dir, testPeers(t))
	require.NoError(t, err)
	return d
}

func TestHeldBackRunsAreCountedApartFromFailedRuns(t *testing.T) {
	sound, held := aRun("echo", plenum, 1, sends(1)), aRun("echo", plenum, 2, sends(2), holdsBack(0.1))
	failed := aRun("echo", plenum, 3, holdsBack(0.1), fails("1 deliveries lost"))
	limited := aRun("echo", plenum, 4, sends(2), holdsBack(0.3), isInvalid)
	cut := aRun("echo", plenum, 5, sends(2), holdsBack(0.3), isCut)
	for _, c := range []struct {
		runs          []*bench.Result
		missed        string
		count, proven int
		shown         float64 // p99 over that of ms 1
	}{
		{[]*bench.Result{sound, cut}, "", 1, 0, 1},
		{[]*bench.Result{sound, held}, "1 of 2 held back", 2, 1, 1},
		{[]*bench.Result{held, limited}, "held back 2 of 2", 2, 1, 2},
		{[]*bench.Result{limited}, "held back 1 of 1", 1, 0, 2},
		{[]*bench.Result{held, failed}, "failed 1 of 2, held back 1 of 2", 2, 2, 2},
		{[]*bench.Result{sound, held, failed}, "1 of 3 failed, 1 of 3 held back", 3, 2, 1},
	} {
		d := loaded(t, c.runs...)
		cell := d.at("echo", plenum)
		assert.Equal(t, c.missed, cell.missedSummary())
		assert.Equal(t, []int{c.count, c.proven}, []int{cell.count(), cell.proven()}, c.missed)
		s, ok := deliveryP99.of(cell.shown())
		require.True(t, ok, c.missed)
		assert.InDelta(t, c.shown*latencies(1).Percentiles().P99, s.Median, 0.05, c.missed)
		assert.Len(t, d.used(), c.count, c.missed)
	}
}

func TestOnlySoundAndFailedRunsAreUsed(t *testing.T) {
	d := loaded(t,
		aRun("echo", plenum, 1, sends(1)),
		aRun("echo", plenum, 2, sends(2), fails("1 deliveries lost")),
		aRun("echo", plenum, 3, sends(3), fails("1 deliveries lost"), isInvalid),
		aRun("echo", plenum, 4, sends(4), isInvalid),
		aRun("echo", plenum, 5, sends(5), rejects("busy")),
		aRun("echo", plenum, 5, fails("1 deliveries lost"), rejects("busy")),
		aRun("echo", plenum, 5, sends(6), isCut),
		aRun("echo", plenum, 5, fails("1 deliveries lost"), isCut),
	)
	c := d.at("echo", plenum)
	assert.Len(t, c.sound, 1)
	assert.Len(t, c.failed, 2)
	assert.Equal(t, []int{1, 2, 2}, []int{c.invalid, c.rejected, c.cut})
	assert.Equal(t, "2 of 3 failed", c.missedSummary())
	assert.Len(t, c.curves, 1, "of the sound run only")
}

func TestOneSlowRunDoesNotMoveThePlottedLatencies(t *testing.T) {
	d := loaded(t, aRun("echo", plenum, 1, sends(1)), aRun("echo", plenum, 2, sends(100)), aRun("echo", plenum, 3, sends(1)))
	c := d.at("echo", plenum)
	require.Len(t, c.curves, 3)
	points := percentiles(spread.MedianCurve(c.curves))
	assert.Less(t, points[len(points)-1].Y, 10.0)
}

func TestUnreadableResultsAreReportedInOneLine(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"cluster/fan-huge.jsonl", "", "report: fan-huge.jsonl: the suite has no entry of this name"},
		{"cluster/span-1.jsonl", `{"scenario":"fan-hot","target":"apache"}`, `report: span-1.jsonl: result 1: unknown target "apache"`},
		{"echo.jsonl", `{"target":`, "report: echo.jsonl: result 1: unexpected EOF"},
	} {
		dir := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Join(dir, clusterFolder), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o644))
		_, err := load(dir, testPeers(t))
		assert.EqualError(t, err, c.want)
	}
	_, err := load(filepath.Join(t.TempDir(), "none"), testPeers(t))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestOnlyTheNewestSetIsUsed(t *testing.T) {
	run := func(target string, repeat int, ms float64, changes ...func(*bench.Result)) *bench.Result {
		return aRun("echo", target, repeat, append(changes, sends(ms))...)
	}
	none := run(plenum, 1, 9)
	a, b := labelled("set", "a"), labelled("set", "b")
	d := loaded(t, none, run(plenum, 9, 1, b), run("gws", 8, 9, b), run(plenum, 3, 9, a), run(plenum, 4, 9, a, rejects("busy")),
		run(bun, 5, 9, a), run(bun, 12, 9, b, labelled("lab", "tcg")), run(bun, 13, 9, labelled("lab", "tcg")))
	c := d.at("echo", plenum)
	assert.Equal(t, []int{1, 3, 0}, []int{c.count(), c.other, c.rejected})
	assert.Len(t, c.curves, 1)
	assert.Equal(t, []int{0, 3}, []int{d.at("echo", bun).count(), d.at("echo", bun).other})
	assert.Equal(t, 1, d.at("echo", "gws").count())
	assert.Contains(t, unusedText(d, "echo"), "plenum 3 of another set, bun 3 of another set")
	assert.Equal(t, "2 used; not used: 0 rejected, 0 INVALID, 0 cut, 6 of another set", d.countText(len(d.used())))
	assert.Equal(t, 1, loaded(t, none).at("echo", plenum).count(), "runs without a label set form a set")
	d = loaded(t, run(plenum, 99, 9), aRun("zipf", bun, 1, a))
	assert.Equal(t, []int{0, 1}, []int{d.at("echo", plenum).count(), d.at("zipf", bun).count()}, "the newest set of all files")
}
