package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

// published is a folder with results and one document that has all markers.
func published(t *testing.T, runs ...*bench.Result) (o Options, document string) {
	t.Helper()
	dir := t.TempDir()
	document = filepath.Join(dir, "docs", "BENCHMARKS.md")
	o = Options{
		Results: filepath.Join(dir, "results"), Plots: filepath.Join(dir, "results", "plots"),
		Peers: filepath.Join("testdata", "peers.json"), Documents: []string{document},
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(document), 0o755))
	require.NoError(t, os.MkdirAll(o.Results, 0o755))
	require.NoError(t, os.WriteFile(document, []byte(blank()), 0o644))
	save(t, o.Results, runs...)
	return o, document
}

// blank has a place for each part.
func blank() string {
	text := "# By hand\n"
	for _, name := range []string{"machine", "bars", "rivals"} {
		text += "\n## " + name + "\n\n" + partOpens + name + partOpened + "\n" + partEnds + "\n"
	}
	for _, e := range entries {
		text += "\n## " + e.name + "\n\n" + partOpens + e.name + partOpened + "\n" + partEnds + "\n"
	}
	return text + "\nBy hand too.\n"
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// golden compares with a file in testdata; UPDATE_GOLDEN=1 writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	assert.Equal(t, read(t, path), got)
}

func TestThePublishedReportIsThatOfItsRawResults(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	o := Options{
		Results: filepath.Join(root, "bench", "results"), Plots: filepath.Join(root, "bench", "results", "plots"),
		Peers:     filepath.Join(root, "bench", "peers", "peers.json"),
		Documents: []string{filepath.Join(root, "BENCHMARKS.md"), filepath.Join(root, "README.md")},
	}
	if _, err := os.Stat(o.Results); os.IsNotExist(err) {
		t.Skip("nothing is published")
	}
	stale, err := Check(o)
	require.NoError(t, err)
	assert.Empty(t, stale, "plenum-bench report writes these anew")
}

func TestTheDocumentOfASuite(t *testing.T) {
	o, document := published(t, suite()...)
	skipped := `[{"name":"ktor","why":"mvn is not on PATH"}]`
	require.NoError(t, os.WriteFile(filepath.Join(o.Results, "skipped.json"), []byte(skipped), 0o644))
	require.NoError(t, Write(o))
	golden(t, "suite.md", read(t, document))
}

func TestWithoutResultsNothingIsMeasured(t *testing.T) {
	o, document := published(t)
	require.NoError(t, Write(o))
	golden(t, "empty.md", read(t, document))
}

func TestCheckFindsWhatWriteWouldChange(t *testing.T) {
	o, document := published(t, aRun("fan-large", plenum, 1, sends(5)))
	plot := filepath.Join(o.Plots, "latency-fan-large.svg")
	stale, err := Check(o)
	require.NoError(t, err)
	assert.Equal(t, []string{document, plot}, stale)
	assert.NoFileExists(t, plot, "Check changes nothing")
	assert.Equal(t, blank(), read(t, document))

	require.NoError(t, Write(o))
	stale, err = Check(o)
	require.NoError(t, err)
	assert.Empty(t, stale)
	assert.Contains(t, read(t, document), "(../results/plots/latency-fan-large.svg)", "as seen from the document")

	save(t, o.Results, aRun("fan-large", plenum, 2, sends(6)))
	stale, err = Check(o)
	require.NoError(t, err)
	assert.Equal(t, []string{document, plot}, stale)
}

func TestTheSameResultsGiveTheSameBytes(t *testing.T) {
	o, _ := published(t, suite()...)
	first, err := generate(o)
	require.NoError(t, err)
	assert.Contains(t, first, filepath.Join(o.Plots, memoryPlot))
	assert.Contains(t, first, filepath.Join(o.Plots, throughputPlot))
	for range 2 {
		next, err := generate(o)
		require.NoError(t, err)
		require.Equal(t, first, next)
	}
}

func TestFailuresWithAnOverrunGeneratorAreTold(t *testing.T) {
	overrun := func(r *bench.Result) { r.Lost, r.Generator = 7, &bench.OwnUse{Fullest: 1} }
	lost := fails("7 deliveries lost")
	o, document := published(t, aRun("fan-hot-1000", plenum, 1, sends(5)),
		aRun("fan-hot-1000", bun, 1, sends(5)), aRun("fan-hot-1000", bun, 2, lost), aRun("fan-hot-1000", bun, 3, lost, overrun))
	require.NoError(t, Write(o))
	assert.Contains(t, read(t, document), "- bun, 2 of 3 failed, the first: 7 deliveries lost; in 1 of them the generator was overrun too\n")
}
