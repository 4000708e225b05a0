package report

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/observe"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// onBus gives a run the figures of a broker between this number of nodes.
func onBus(nodes int) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Connections = 1000
		r.Seconds = 5
		r.Machine = &observe.MachineUse{Other: 0.1}
		if nodes == 0 {
			return
		}
		n := uint64(nodes)
		r.Labels["broker"] = "nats-server: v9"
		r.Broker = &observe.BrokerUse{
			CPU: 0.02 + 0.01*float64(nodes), Cores: 0.01 * float64(nodes), RSS: 20e6, Batches: 500, In: 500 + 50*(n-1), Out: 500 * (n + 1),
			OutBytes: 200_000 * n, Bus: map[string]float64{"conflicts": 50 * float64(n-1)},
		}
	}
}

// clusterSuite returns two runs of every cluster entry on every number of nodes.
func clusterSuite() (runs []*bench.Result) {
	for _, e := range suite.Clustered() {
		for _, n := range e.Nodes {
			for repeat := 1; repeat <= 2; repeat++ {
				r := synthetic.Run(e.ID, suite.ClusterName(n), repeat, synthetic.Sends(float64(5+n)+0.1*float64(repeat)), onBus(n), synthetic.Labelled("commit", "f00"))
				if e.Scenario == "saturate" {
					synthetic.Holds(float64(8000-1000*n), "server")(r)
				}
				runs = append(runs, r)
			}
		}
	}
	return runs
}

// clustersOf returns the section about clusters for these runs.
func clustersOf(t *testing.T, runs ...*bench.Result) string {
	dir := t.TempDir()
	synthetic.Save(t, filepath.Join(dir, results.ClusterFolder), runs...)
	d := from(t, dir)
	return writeAll(markdown.Present([]markdown.Section{clusterSection(d.Cluster)}))
}

func TestSentencesWithoutTheirFiguresAreLeftOut(t *testing.T) {
	assert.True(t, clusterSection(&results.Data{}).Empty())
	text := clustersOf(t, synthetic.Run("span-16", "plenum-16", 1, synthetic.Sends(5), onBus(16)))
	assert.Contains(t, text, "| 288,000 | 16 | 1 |")
	assert.Contains(t, text, "| 18,000 | 1, without a bus | not measured |")
	assert.Contains(t, text, "With 288,000 members at 16 nodes")
	assert.Equal(t, 1, strings.Count(text, "- **What"), "the others lack a figure")
	assert.NotContains(t, text, "NaN")
}

func TestAFailedRunOfAClusterIsReportedAndAnUnusedOneCounted(t *testing.T) {
	text := clustersOf(t,
		synthetic.Run("contended-200", "plenum-4", 1, synthetic.Sends(5), onBus(4), synthetic.Fails("1 deliveries duplicated")),
		synthetic.Run("contended-200", "plenum-4", 2, synthetic.Sends(5), onBus(4), synthetic.Rejects("busy")))
	assert.Contains(t, text, "| 200 | 4 | failed 1 of 1 |")
	assert.Contains(t, text, "- contended-200: plenum-4: failed 1 of 1. First failure: 1 deliveries duplicated.")
	assert.Contains(t, text, "Runs not used: contended-200 plenum-4 1 rejected.")
}

func TestAColumnWithoutFiguresIsLeftOut(t *testing.T) {
	uncounted := func(r *bench.Result) { r.Broker.Bus = nil }
	text := clustersOf(t, synthetic.Run("contended-200", "plenum-2", 1, synthetic.Sends(5), onBus(2), uncounted))
	assert.NotContains(t, text, "conflicts")
	assert.Contains(t, text, "messages to the broker per batch")
}

func TestClusterResultsOfUnknownEntriesOrTargetsAreRefused(t *testing.T) {
	for want, r := range map[string]*bench.Result{
		"the suite has no entry of this name": synthetic.Run("zipf", "plenum-2", 1),
		`unknown target "plenum-tls"`:         synthetic.Run("span-2", "plenum-tls", 1),
	} {
		dir := t.TempDir()
		synthetic.Save(t, filepath.Join(dir, results.ClusterFolder), r)
		_, err := results.Load(dir, nil)
		assert.ErrorContains(t, err, want)
	}
}
