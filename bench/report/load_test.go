package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

// loaded is what a folder of those runs gives.
func loaded(t *testing.T, runs ...*bench.Result) *data {
	t.Helper()
	dir := t.TempDir()
	save(t, dir, runs...)
	d, err := load(dir)
	require.NoError(t, err)
	return d
}

func TestOnlySoundAndFailedRunsCount(t *testing.T) {
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
	assert.Equal(t, "2 of 3 failed", c.lost())
	assert.EqualValues(t, 2000, c.latency.Count(), "of the sound one alone")
}

func TestLatenciesOfRepeatsAreMerged(t *testing.T) {
	d := loaded(t, aRun("echo", plenum, 1, sends(1)), aRun("echo", plenum, 2, sends(100)))
	h := d.at("echo", plenum).latency
	assert.EqualValues(t, 4000, h.Count())
	assert.Less(t, h.At(25).Seconds(), 0.002)
	assert.Greater(t, h.At(75).Seconds(), 0.05)
}

func TestWhatCannotBeReadIsSaidInOneLine(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"fan-huge.jsonl", "", "report: fan-huge.jsonl: no entry has this name"},
		{"echo.jsonl", `{"target":"apache"}`, `report: echo.jsonl: result 1: unknown target "apache"`},
		{"echo.jsonl", `{"target":`, "report: echo.jsonl: result 1: unexpected EOF"},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o644))
		_, err := load(dir)
		assert.EqualError(t, err, c.want)
	}
	_, err := load(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestTheLaboratoryIsPublishedByHand(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lab.jsonl"), []byte("anything"), 0o644))
	_, err := load(dir)
	assert.NoError(t, err)
}

func TestANewerBuildTakesTheOldOnesPlace(t *testing.T) {
	of := func(build string) func(*bench.Result) {
		return func(r *bench.Result) { r.Labels["build"] = build }
	}
	d := loaded(t,
		aRun("echo", plenum, 1, sends(9), of("one")), aRun("echo", plenum, 2, sends(9), of("one"), rejects("busy")),
		aRun("echo", plenum, 1, sends(1), of("two")), aRun("echo", bun, 1, sends(2), of("one")),
	)
	c := d.at("echo", plenum)
	assert.Equal(t, []int{1, 2}, []int{c.count(), c.older})
	assert.EqualValues(t, 2000, c.latency.Count())
	assert.Equal(t, 1, d.at("echo", bun).count())
	assert.Contains(t, unusedText(d, "echo"), "plenum 2 of an older build")
}
