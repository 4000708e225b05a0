package report

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestTheSummarySaysWhatArrivesWithTheNextSet(t *testing.T) {
	d := loaded(t, synthetic.Run("rooms-small", results.Plenum, 1, synthetic.Sends(5), synthetic.Labelled("commit", "0123456789abcdef")),
		synthetic.Run("rooms-small", results.Plenum, 2, synthetic.Sends(5), synthetic.Labelled("commit", "0123456789abcdef")),
		synthetic.Run("rooms-small", results.Plenum, 3, synthetic.Sends(5), synthetic.Labelled("commit", "0123456789abcdef")), synthetic.Run("echo", results.Bun, 1, synthetic.Sends(5)))
	d.Known = []results.Peer{{Name: results.Bun}, {Name: "bun-tuned", Of: results.Bun}, {Name: results.Uws}, {Name: "ws"}, {Name: results.Ktor}}
	d.Skipped = []results.Skip{{Name: results.Ktor, Why: "mvn is not on PATH"}}
	text := lineOf(summaryPart(d))
	assert.Contains(t, text, "plenum (commit 0123456789ab), a server for rooms of WebSocket clients, and 1 other servers")
	assert.Contains(t, text, "So far the set has 3 of its 5 repeats. With so few, a lead is weak evidence and may change. All figures of plenum on this page are of that commit.")
	assert.Contains(t, text, "settings of other servers. The next set will have figures of uws, ws. The next set will have rows with tuned settings.")
	d.Known = d.Known[:1]
	assert.NotContains(t, lineOf(summaryPart(d)), "next set")
}

func TestIdleMemoryOfOtherSectionsIsExplained(t *testing.T) {
	of := func(bytes float64, commit string) *results.Data {
		return loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(bytes), synthetic.Labelled("commit", commit)))
	}
	d := of(875, "aaaa")
	assert.Empty(t, idleElsewhere(d), "no other section has one")
	d.Wire, d.Channels, d.Lab = of(950, "bbbb"), of(478, "cccc"), &results.Lab{Bytes: 466, Open: 2_200_000}
	text := lineOf(idleElsewhere(d))
	assert.Contains(t, text, "is 875 bytes (0.854 KB; 19,000 connections, commit aaaa) here, 950 bytes (0.928 KB; 19,000 connections, commit bbbb) in [TLS and compression](#tls-and-compression), 478 bytes")
	assert.Contains(t, text, "466 bytes (2,200,000 connections) in [Millions of connections](#millions-of-connections). These are other builds")
}

func TestAReportOutsideTheRepositoryNamesNoSummary(t *testing.T) {
	o, document := published(t, synthetic.Run("fan-large", results.Plenum, 1, synthetic.Sends(5)))
	require.NoError(t, Write(o))
	assert.Contains(t, read(t, o.Report), "BENCHMARKS.md")
	require.NoError(t, os.Remove(document))
	o.Documents = nil
	require.NoError(t, Write(o))
	assert.NotContains(t, read(t, o.Report), "BENCHMARKS.md")
}

func TestACommandOfAnOldResultHasTheOptionsOfToday(t *testing.T) {
	old := "plenum-bench run idle --settle 3s --steps 2000,19000 --duration 15s"
	d := loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(9), func(r *bench.Result) { r.Labels["command"] = old }))
	assert.Contains(t, command(d, "idle"), "run idle --settle 3s --connections 2000,19000 --duration 15s")
}
