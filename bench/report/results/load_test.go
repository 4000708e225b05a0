package results

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/spread"
)

func TestHeldBackRunsAreCountedApartFromFailedRuns(t *testing.T) {
	sound, held := synthetic.Run("echo", Plenum, 1, synthetic.Sends(1)), synthetic.Run("echo", Plenum, 2, synthetic.Sends(2), synthetic.HoldsBack(0.1))
	failed := synthetic.Run("echo", Plenum, 3, synthetic.HoldsBack(0.1), synthetic.Fails("1 deliveries lost"))
	limited := synthetic.Run("echo", Plenum, 4, synthetic.Sends(2), synthetic.HoldsBack(0.3), synthetic.Invalid)
	cut := synthetic.Run("echo", Plenum, 5, synthetic.Sends(2), synthetic.HoldsBack(0.3), synthetic.Cut)
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
		cell := d.At("echo", Plenum)
		assert.Equal(t, c.missed, cell.MissedSummary())
		assert.Equal(t, []int{c.count, c.proven}, []int{cell.Count(), cell.Proven()}, c.missed)
		s, ok := DeliveryP99.Of(cell.Shown())
		require.True(t, ok, c.missed)
		assert.InDelta(t, c.shown*synthetic.Latencies(1).Percentiles().P99, s.Median, 0.05, c.missed)
		assert.Len(t, d.Used(), c.count, c.missed)
	}
}

func TestOnlySoundAndFailedRunsAreUsed(t *testing.T) {
	d := loaded(t,
		synthetic.Run("echo", Plenum, 1, synthetic.Sends(1)),
		synthetic.Run("echo", Plenum, 2, synthetic.Sends(2), synthetic.Fails("1 deliveries lost")),
		synthetic.Run("echo", Plenum, 3, synthetic.Sends(3), synthetic.Fails("1 deliveries lost"), synthetic.Invalid),
		synthetic.Run("echo", Plenum, 4, synthetic.Sends(4), synthetic.Invalid),
		synthetic.Run("echo", Plenum, 5, synthetic.Sends(5), synthetic.Rejects("busy")),
		synthetic.Run("echo", Plenum, 5, synthetic.Fails("1 deliveries lost"), synthetic.Rejects("busy")),
		synthetic.Run("echo", Plenum, 5, synthetic.Sends(6), synthetic.Cut),
		synthetic.Run("echo", Plenum, 5, synthetic.Fails("1 deliveries lost"), synthetic.Cut),
	)
	c := d.At("echo", Plenum)
	assert.Len(t, c.Sound, 1)
	assert.Len(t, c.Failed, 2)
	assert.Equal(t, []int{1, 2, 2}, []int{c.Invalid, c.Rejected, c.Cut})
	assert.Equal(t, "2 of 3 failed", c.MissedSummary())
	assert.Len(t, c.Curves, 1, "of the sound run only")
}

func TestOneSlowRunDoesNotMoveThePlottedLatencies(t *testing.T) {
	d := loaded(t, synthetic.Run("echo", Plenum, 1, synthetic.Sends(1)), synthetic.Run("echo", Plenum, 2, synthetic.Sends(100)), synthetic.Run("echo", Plenum, 3, synthetic.Sends(1)))
	c := d.At("echo", Plenum)
	require.Len(t, c.Curves, 3)
	median := spread.MedianCurve(c.Curves)
	assert.Less(t, median.Nines[len(median.Nines)-1], 50.0)
}

func TestUnreadableResultsAreReportedInOneLine(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"cluster/fan-huge.jsonl", "", "report: fan-huge.jsonl: the suite has no entry of this name"},
		{"cluster/span-1.jsonl", `{"scenario":"fan-hot","target":"apache"}`, `report: span-1.jsonl: result 1: unknown target "apache"`},
		{"echo.jsonl", `{"target":`, "report: echo.jsonl: result 1: unexpected EOF"},
	} {
		dir := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Join(dir, ClusterFolder), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o644))
		_, err := Load(dir, nil)
		assert.EqualError(t, err, c.want)
	}
	_, err := Load(filepath.Join(t.TempDir(), "none"), nil)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestOnlyTheNewestSetIsUsed(t *testing.T) {
	run := func(target string, repeat int, ms float64, changes ...func(*bench.Result)) *bench.Result {
		return synthetic.Run("echo", target, repeat, append(changes, synthetic.Sends(ms))...)
	}
	none := run(Plenum, 1, 9)
	a, b := synthetic.Labelled("set", "a"), synthetic.Labelled("set", "b")
	d := loaded(t, none, run(Plenum, 9, 1, b), run("gws", 8, 9, b), run(Plenum, 3, 9, a), run(Plenum, 4, 9, a, synthetic.Rejects("busy")),
		run(Bun, 5, 9, a), run(Bun, 12, 9, b, synthetic.Labelled("lab", "tcg")), run(Bun, 13, 9, synthetic.Labelled("lab", "tcg")))
	c := d.At("echo", Plenum)
	assert.Equal(t, []int{1, 3, 0}, []int{c.Count(), c.Other, c.Rejected})
	assert.Len(t, c.Curves, 1)
	assert.Equal(t, []int{0, 3}, []int{d.At("echo", Bun).Count(), d.At("echo", Bun).Other})
	assert.Equal(t, 1, d.At("echo", "gws").Count())
	assert.Equal(t, "2 used; not used: 0 rejected, 0 INVALID, 0 cut, 6 of another set", d.CountText(len(d.Used())))
	assert.Equal(t, 1, loaded(t, none).At("echo", Plenum).Count(), "runs without a label set form a set")
	d = loaded(t, run(Plenum, 99, 9), synthetic.Run("zipf", Bun, 1, a))
	assert.Equal(t, []int{0, 1}, []int{d.At("echo", Plenum).Count(), d.At("zipf", Bun).Count()}, "the newest set of all files")
}
