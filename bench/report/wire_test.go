package report

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/suite"
)

func TestPlenumWithCompressionIsComparedWithPlenumWithout(t *testing.T) {
	cpu, memory := wireGoals[0], wireGoals[1]
	assert.Equal(t, notMeasured, cpu.judge(loaded(t, aRun(large, plenum, 1, sends(2)))).verdict)
	for ms, want := range map[float64]string{2.4: met, 2.5: missed} {
		d := loaded(t, aRun(large, plenum, 1, sends(2)), aRun(large, compressed, 1, sends(ms)), aRun(large, encrypted, 1, sends(9)))
		assert.Equal(t, want, cpu.judge(d).verdict, ms)
	}
	assert.Equal(t, notMeasured, memory.judge(loaded(t, aRun("idle", compressed, 1, idles(2)))).verdict)
	for bytes, want := range map[float64]string{860: met, 952.4: met, 953: missed} {
		d := loaded(t, aRun("idle", plenum, 1, idles(850)), aRun("idle", compressed, 1, idles(bytes)))
		assert.Equal(t, want, memory.judge(d).verdict, bytes)
	}
	d := loaded(t, aRun("idle", plenum, 1, idles(850)), aRun("idle", again, 1, idles(850)), aRun("idle", compressed, 1, idles(860)))
	assert.Equal(t, outcome{own: "860, 10.0 more", rival: "plenum 850", ratio: "1.01", noise: "1.00", verdict: met}, memory.judge(d))
	failed := aRun("idle", compressed, 2, fails("1 connections ended by the server"))
	assert.Equal(t, missed, memory.judge(loaded(t, aRun("idle", plenum, 1, idles(850)), aRun("idle", compressed, 1, idles(850)), failed)).verdict)
}

func TestVariantsAreInNoOtherTable(t *testing.T) {
	d := loaded(t, aRun("idle", plenum, 1, idles(1)), aRun("idle", encrypted, 1, idles(99)), aRun("idle", encrypted, 2, rejects("busy")))
	assert.Equal(t, []string{plenum}, d.measured("idle"))
	assert.NotContains(t, entryPart(d, entries[slices.IndexFunc(entries, func(e entryKind) bool { return e.name == "idle" })]), encrypted)
	assert.NotContains(t, string(plots(d)[memoryPlot].svg), encrypted)
	assert.Contains(t, wirePart(d), "Runs not used: idle plenum-tls 1 rejected.")
}

func TestRepeatsOfVariantsCount(t *testing.T) {
	b := repeated("", []suite.Entry{{ID: "idle", Variants: true, Repeats: 2}, {ID: storming, PlenumOnly: true, Repeats: 2}})
	runs := []*bench.Result{aRun("idle", plenum, 1, idles(1)), aRun("idle", plenum, 2, idles(1))}
	assert.Equal(t, met, b.judge(loaded(t, runs...)).verdict)
	runs = append(runs, aRun("idle", encrypted, 1, idles(9)), aRun(storming, encrypted, 1), aRun(storming, plenum, 1))
	assert.Equal(t, outcome{own: "idle 1 of 2, connect-storm 1 of 2", verdict: missed}, b.judge(loaded(t, runs...)))
}

func TestVariantsMayHaveAFolderOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, aRun("idle", plenum, 1, idles(850)))
	own := filepath.Join(dir, "wire")
	require.NoError(t, os.Mkdir(own, 0o755))
	save(t, own, aRun("idle", plenum, 1, idles(1000)), aRun("idle", compressed, 1, idles(1090)))
	d, err := load(dir, testPeers(t))
	require.NoError(t, err)
	assert.Equal(t, "1,090, 90.0 more", wireGoals[1].judge(d).own)
	assert.Contains(t, wirePart(d), "Measured in a suite of its own")
	assert.Equal(t, 1, d.at("idle", plenum).count())
}
