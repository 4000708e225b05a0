package report

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

func TestTheSummarySaysWhatArrivesWithTheNextSet(t *testing.T) {
	d := loaded(t, aRun("echo", plenum, 1, sends(5), labelled("commit", "0123456789abcdef")), aRun("echo", bun, 1, sends(5)))
	d.known = []peer{{Name: bun}, {Name: "bun-tuned", Of: bun}, {Name: uws}, {Name: "ws"}, {Name: ktor}}
	d.skipped = []skip{{ktor, "mvn is not on PATH"}}
	text := lineOf(summaryPart(d))
	assert.Contains(t, text, "plenum (commit 0123456789ab) and 1 other WebSocket servers")
	assert.Contains(t, text, "arrives with the next set of figures. So do figures of uws, ws. So do rows with tuned settings.")
	d.known = d.known[:1]
	assert.Contains(t, lineOf(summaryPart(d)), "arrives with the next set of figures.")
	assert.Equal(t, "The figures above are from commit 0123456789ab, measured on 2026-01-02. They include the answer to a later objection only if the answer needed no new runs.", lineOf(objectionsPart(d)))
}

func TestIdleMemoryOfOtherSectionsIsExplained(t *testing.T) {
	of := func(bytes float64, commit string) *data {
		return loaded(t, aRun("idle", plenum, 1, idles(bytes), labelled("commit", commit)))
	}
	d := of(875, "aaaa")
	assert.Empty(t, idleElsewhere(d), "no other section has one")
	d.wire, d.channels, d.lab = of(950, "bbbb"), of(478, "cccc"), &lab{bytes: 466, open: 2_200_000}
	text := lineOf(idleElsewhere(d))
	assert.Contains(t, text, "is 875 bytes (0.854 KB; 19,000 connections, commit aaaa) here, 950 bytes (0.928 KB; 19,000 connections, commit bbbb) in [TLS and compression](#tls-and-compression), 478 bytes")
	assert.Contains(t, text, "466 bytes (2,200,000 connections) in [Millions of connections](#millions-of-connections). These are other builds")
}

func TestAReportOutsideTheRepositoryNamesNoSummary(t *testing.T) {
	o, document := published(t, aRun("fan-large", plenum, 1, sends(5)))
	require.NoError(t, Write(o))
	assert.Contains(t, read(t, o.Report), "BENCHMARKS.md")
	require.NoError(t, os.Remove(document))
	o.Documents = nil
	require.NoError(t, Write(o))
	assert.NotContains(t, read(t, o.Report), "BENCHMARKS.md")
}

func TestACommandOfAnOldResultHasTheOptionsOfToday(t *testing.T) {
	old := "plenum-bench run idle --settle 3s --steps 2000,19000 --duration 15s"
	d := loaded(t, aRun("idle", plenum, 1, idles(9), func(r *bench.Result) { r.Labels["command"] = old }))
	assert.Contains(t, command(d, "idle"), "run idle --settle 3s --connections 2000,19000 --duration 15s")
}
