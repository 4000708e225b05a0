package goals

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

func TestPlenumWithCompressionIsComparedWithPlenumWithout(t *testing.T) {
	cpu, memory := wireGoals[0], wireGoals[1]
	assert.Equal(t, markdown.NotMeasured, cpu.judge(loaded(t, synthetic.Run(results.Large, results.Plenum, 1, synthetic.Sends(2)))).verdict)
	for ms, want := range map[float64]string{2.4: met, 2.5: missed} {
		d := loaded(t, synthetic.Run(results.Large, results.Plenum, 1, synthetic.Sends(2)), synthetic.Run(results.Large, results.Compressed, 1, synthetic.Sends(ms)), synthetic.Run(results.Large, results.Encrypted, 1, synthetic.Sends(9)))
		assert.Equal(t, want, cpu.judge(d).verdict, ms)
	}
	assert.Equal(t, markdown.NotMeasured, memory.judge(loaded(t, synthetic.Run("idle", results.Compressed, 1, synthetic.Idles(2)))).verdict)
	for bytes, want := range map[float64]string{860: met, 952.4: met, 953: missed} {
		d := loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(850)), synthetic.Run("idle", results.Compressed, 1, synthetic.Idles(bytes)))
		assert.Equal(t, want, memory.judge(d).verdict, bytes)
	}
	spread := []*bench.Result{synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(850))}
	for repeat, bytes := range []float64{860, 870, 960} {
		spread = append(spread, synthetic.Run("idle", results.Compressed, repeat+1, synthetic.Idles(bytes)))
	}
	assert.Equal(t, "met by the median, not by 1 of 3 runs", memory.judge(loaded(t, spread...)).verdict)
	d := loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(850)), synthetic.Run("idle", results.Again, 1, synthetic.Idles(850)), synthetic.Run("idle", results.Compressed, 1, synthetic.Idles(860)))
	assert.Equal(t, outcome{own: "860, 10.0 more", rival: "plenum 850", ratio: "1.01", noise: "1.00", verdict: met}, memory.judge(d))
	failed := synthetic.Run("idle", results.Compressed, 2, synthetic.Fails("1 connections ended by the server"))
	assert.Equal(t, missed, memory.judge(loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(850)), synthetic.Run("idle", results.Compressed, 1, synthetic.Idles(850)), failed)).verdict)
}

func TestRepeatsOfVariantsCount(t *testing.T) {
	b := repeated("", []suite.Entry{{ID: "idle", Variants: true, Repeats: 2}, {ID: results.Storming, PlenumOnly: true, Repeats: 2}})
	runs := []*bench.Result{synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(1)), synthetic.Run("idle", results.Plenum, 2, synthetic.Idles(1))}
	assert.Equal(t, met, b.judge(published(t, runs...)).verdict)
	runs = append(runs, synthetic.Run("idle", results.Encrypted, 1, synthetic.Idles(9)), synthetic.Run(results.Storming, results.Encrypted, 1), synthetic.Run(results.Storming, results.Plenum, 1))
	assert.Equal(t, outcome{own: "idle 1 of 2, connect-storm 1 of 2", verdict: missed}, b.judge(published(t, runs...)))
}

func TestGoalsOfVariantsUseTheirOwnFolder(t *testing.T) {
	dir := t.TempDir()
	synthetic.Save(t, dir, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(850)))
	synthetic.Save(t, filepath.Join(dir, results.WireFolder), synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(1000)), synthetic.Run("idle", results.Compressed, 1, synthetic.Idles(1090)))
	d := from(t, dir)
	assert.Equal(t, "1,090, 90.0 more", wireGoals[1].judge(d).own)
}
