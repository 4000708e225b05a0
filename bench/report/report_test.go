package report

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// published returns a folder with results and one document with all markers.
func published(t *testing.T, runs ...*bench.Result) (o Options, document string) {
	t.Helper()
	dir := t.TempDir()
	document = filepath.Join(dir, "docs", "BENCHMARKS.md")
	results := filepath.Join(dir, "results")
	o = Options{
		Results: results, Plots: filepath.Join(results, "plots"), Report: filepath.Join(results, "REPORT.md"),
		Peers: filepath.Join("testdata", "peers.json"), Documents: []string{document},
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(document), 0o755))
	require.NoError(t, os.MkdirAll(o.Results, 0o755))
	require.NoError(t, os.WriteFile(document, []byte(blank()), 0o644))
	synthetic.Save(t, o.Results, runs...)
	return o, document
}

// blank returns a document with markers for each part.
func blank() string {
	text := "# By hand\n"
	for _, name := range slices.Sorted(maps.Keys(parts(&results.Data{Cluster: &results.Data{}, Wire: &results.Data{}}, nil))) {
		text += "\n## " + name + "\n\n" + partOpens + name + partOpened + "\n" + partEnds + "\n"
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

func TestAReportAndADocument(t *testing.T) {
	o, document := published(t, append(synthetic.Suite(), synthetic.OneLoopRuns()...)...)
	synthetic.Save(t, filepath.Join(o.Results, results.ClusterFolder), clusterSuite()...)
	skipped := `[{"name":"ktor","why":"mvn is not on PATH"}]`
	require.NoError(t, os.WriteFile(filepath.Join(o.Results, "skipped.json"), []byte(skipped), 0o644))
	require.NoError(t, Write(o))
	golden(t, "report.md", read(t, o.Report))
	golden(t, "document.md", read(t, document))
}

func TestAReportWithoutResults(t *testing.T) {
	o, document := published(t)
	require.NoError(t, Write(o))
	golden(t, "empty_report.md", read(t, o.Report))
	golden(t, "empty_document.md", read(t, document))
}

func TestCheckNamesTheFilesThatWriteWouldChange(t *testing.T) {
	o, document := published(t, synthetic.Run("fan-large", results.Plenum, 1, synthetic.Sends(5)))
	plot := filepath.Join(o.Plots, "latency-fan-large.svg")
	stale, err := Check(o)
	require.NoError(t, err)
	assert.Equal(t, []string{document, o.Report, plot}, stale)
	assert.NoFileExists(t, plot, "Check changes nothing")
	assert.Equal(t, blank(), read(t, document))

	require.NoError(t, Write(o))
	stale, err = Check(o)
	require.NoError(t, err)
	assert.Empty(t, stale)
	assert.Contains(t, read(t, o.Report), "(plots/latency-fan-large.svg)")

	synthetic.Save(t, o.Results, synthetic.Run("fan-large", results.Plenum, 2, synthetic.Sends(6)))
	stale, err = Check(o)
	require.NoError(t, err)
	assert.Equal(t, []string{document, o.Report, plot}, stale)
}

func TestTheSameResultsGiveTheSameBytes(t *testing.T) {
	o, _ := published(t, synthetic.Suite()...)
	first, err := generate(o)
	require.NoError(t, err)
	assert.Contains(t, first, filepath.Join(o.Plots, memoryPlot))
	assert.Contains(t, first, filepath.Join(o.Plots, throughputPlot))
	assert.Contains(t, first, filepath.Join(o.Plots, upgradesPlot))
	assert.Contains(t, first, filepath.Join(o.Plots, ratesPlot))
	for range 2 {
		next, err := generate(o)
		require.NoError(t, err)
		require.Equal(t, first, next)
	}
}

func TestFailuresWithAnOverrunGeneratorAreReported(t *testing.T) {
	o, _ := published(t, synthetic.Run("fan-hot-1000", results.Plenum, 1, synthetic.Sends(5)),
		synthetic.Run("fan-hot-1000", results.Bun, 1, synthetic.Sends(5)), synthetic.Run("fan-hot-1000", results.Bun, 2, synthetic.Fails("7 deliveries lost")), synthetic.Run("fan-hot-1000", results.Bun, 3, synthetic.Overruns))
	require.NoError(t, Write(o))
	assert.Contains(t, read(t, o.Report), "- bun: 2 of 3 failed. First failure: 7 deliveries lost. In 1 of them the generator was overrun too.\n")
}

func TestHeldBackRunsAreReported(t *testing.T) {
	o, _ := published(t, synthetic.Run("fan-hot-1000", results.Plenum, 1, synthetic.Sends(5), synthetic.HoldsBack(0.125)), synthetic.Run("fan-hot-1000", results.Plenum, 2, synthetic.Sends(5), synthetic.HoldsBack(0.25), synthetic.Invalid),
		synthetic.Run("fan-hot-1000", results.Bun, 1, synthetic.Sends(5)), synthetic.Run("fan-hot-1000", results.Bun, 2, synthetic.Sends(9), synthetic.HoldsBack(0.5)))
	require.NoError(t, Write(o))
	text := strings.Join(strings.Fields(read(t, o.Report)), " ")
	assert.Contains(t, text, "| plenum | held back 2 of 2: 18.8 (12.5–25.0) % of the messages | ")
	assert.Contains(t, text, "| bun | 1 of 2 held back: 50.0 % of the messages | ")
	assert.Contains(t, text, "- plenum: held back 2 of 2. 18.8 (12.5–25.0) % of the messages left late or not at all, during 40.0 % of the time. "+
		"Nothing was lost. In 1 of them the generator was at its limit too. The figures in the table are of these runs; "+
		"messages that were not sent have no latency. - bun: 1 of 2 held back. 50.0 % of the messages left late or not at all, "+
		"during 40.0 % of the time. Nothing was lost. ")
}

func TestAReportOutsideTheRepositoryHasNoLinksIntoIt(t *testing.T) {
	o, _ := published(t, synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(5)))
	require.NoError(t, Write(o))
	assert.Contains(t, read(t, o.Report), "[BENCHMARKS.md](../../BENCHMARKS.md)")
	o.Documents = nil
	require.NoError(t, Write(o))
	assert.NotContains(t, read(t, o.Report), "](../")
	assert.Contains(t, read(t, o.Report), "[Echo](#echo)")
}

func TestEveryEntryOfTheSuiteIsReported(t *testing.T) {
	var known []string
	for _, e := range results.Entries {
		known = append(known, e.Name)
	}
	for _, e := range suite.Published() {
		assert.Contains(t, known, strings.TrimSuffix(e.ID, results.OneLoop))
	}
}

func TestPlotsOfAnEarlierReportAreRemoved(t *testing.T) {
	o, _ := published(t, synthetic.Run("fan-large", results.Plenum, 1, synthetic.Sends(5)))
	require.NoError(t, Write(o))
	old, kept := filepath.Join(o.Plots, "latency-gone.svg"), filepath.Join(o.Plots, "drawn-by-hand.svg")
	orphans := []string{old, filepath.Join(o.Plots, memoryPlot), filepath.Join(o.Plots, ratesPlot), filepath.Join(o.Plots, throughputPlot), filepath.Join(o.Plots, upgradesPlot)}
	for _, path := range append(orphans, kept) {
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
	stale, err := Check(o)
	require.NoError(t, err)
	assert.Equal(t, orphans, stale)
	assert.FileExists(t, old, "Check changes nothing")
	require.NoError(t, Write(o))
	for _, path := range orphans {
		assert.NoFileExists(t, path)
	}
	assert.FileExists(t, kept)
	assert.FileExists(t, filepath.Join(o.Plots, "latency-fan-large.svg"))
}

func TestTheReportHasPlenumsCommandAndCommit(t *testing.T) {
	o, _ := published(t, synthetic.Run("echo", results.Plenum, 1, synthetic.Labelled("commit", "f00")), synthetic.Run("echo", results.Raw, 1, synthetic.Labelled("commit", "bad")))
	require.NoError(t, Write(o))
	text := read(t, o.Report)
	assert.Contains(t, text, "| plenum | Go | this repository | `plenum serve ")
	assert.Contains(t, text, "| commit of plenum-bench | abc123 |\n| commit of plenum | f00 |\n")
}

func TestResultsOfPeopleMayHaveOtherNames(t *testing.T) {
	d := loaded(t, synthetic.Run("mine", "apache", 1, synthetic.Sends(5)), synthetic.Run("mine", results.Plenum, 1, synthetic.Sends(6)), synthetic.Run("echo", "apache", 1, synthetic.Sends(1)))
	assert.Equal(t, []string{"mine"}, d.Further())
	var titles []string
	for _, s := range markdown.Present(sections(d, nil)) {
		titles = append(titles, s.Title)
	}
	assert.Contains(t, titles, "Other entries")
	part := entryPart(d, d.Kind("mine"))
	assert.Contains(t, part, "| apache | 1 | 5.16 | 26.1 | ")
	assert.NotContains(t, part, "upgrades/s", "no result has this figure")
	assert.Contains(t, d.Measured("echo"), "apache")
}

func TestEntriesWhoseRunsDoNotCountAreNamedWithAReason(t *testing.T) {
	d := loaded(t, synthetic.Run("echo", results.Plenum, 1, synthetic.Rejects("other processes used 1.8 cores")), synthetic.Run("echo", results.Bun, 1, synthetic.Cut), synthetic.Run("zipf", results.Plenum, 1))
	text := unmeasuredPart(d)
	assert.Contains(t, text, "- Without runs that count: echo (plenum 1 rejected, bun 1 cut; for example plenum: other processes used 1.8 cores).")
	assert.NotContains(t, text, "; echo;")
}

func TestTheChoiceOfServersOfAnEntryIsExplained(t *testing.T) {
	d := loaded(t, synthetic.Run("echo", "gws", 1), synthetic.Run("fan-hot-10000", results.Plenum, 1))
	text := lineOf(missingText(d, "fan-hot-10000"))
	assert.Contains(t, text, "gws (left out by the suite)")
	assert.Contains(t, text, "The choice of servers: the others fail")
}

func TestAnEntryThatWasMeasuredWithOneLoopOnlyIsShown(t *testing.T) {
	d := loaded(t, synthetic.Run("saturate"+results.OneLoop, results.Plenum, 1, synthetic.Sends(5), synthetic.Holds(900, "server")))
	assert.Contains(t, reportText(d, nil, ""), "The same load from a client with one loop:")
}

func TestAReportOfSomebodyElseHasNoVerdictOnThePlannedRepeats(t *testing.T) {
	d := loaded(t, synthetic.Run("fan-large", results.Plenum, 1, synthetic.Sends(5)))
	assert.NotContains(t, reportText(d, nil, ""), "every planned repeat")
	d.Published = true
	assert.Contains(t, reportText(d, nil, ""), "every planned repeat")
}

func TestOneDayOrSeveralAreNamed(t *testing.T) {
	later := synthetic.Run("echo", results.Plenum, 2, func(r *bench.Result) { r.StartedAt = r.StartedAt.AddDate(0, 0, 2) })
	first := synthetic.Run("echo", results.Plenum, 1)
	assert.Equal(t, "from commit unknown, measured on 2026-01-02", origin([]*bench.Result{first}))
	assert.Equal(t, "from commit unknown, measured from 2026-01-02 to 2026-01-04", origin([]*bench.Result{first, later}))
}

func TestATableOfSingleRunsMarksNothingAndSaysWhy(t *testing.T) {
	d := loaded(t, synthetic.Run("fan-large", results.Plenum, 1, synthetic.Sends(5)), synthetic.Run("fan-large", results.Again, 1, synthetic.Sends(5)), synthetic.Run("fan-large", results.Bun, 1, synthetic.Sends(9)))
	text := lineOf(serversPart(d, ""))
	assert.NotContains(t, text, "**")
	assert.Contains(t, text, "an order needs two runs of each server")
}
