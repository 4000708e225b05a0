package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestAPlotHasRowsForServersWithRunsOnly(t *testing.T) {
	d := loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(900)), synthetic.Run("idle", results.Bun, 1, synthetic.Idles(1900)), synthetic.Run("idle", "gws", 1, synthetic.Fails("1 connections ended by the server")))
	d.Known = []results.Peer{{Name: results.Bun}, {Name: "gws"}, {Name: results.Uws}, {Name: "ws"}}
	svg := string(plots(d)[memoryPlot].svg)
	assert.Contains(t, svg, ">failed 1 of 1<", "a row with the reason")
	assert.Contains(t, svg, ">Not measured: uws, ws.<")
	assert.NotContains(t, svg, ">uws<")
}

func TestAServerWithoutAFigureAbove0HasAReasonInsteadOfAPoint(t *testing.T) {
	d := loaded(t, synthetic.Run("idle", results.Plenum, 1, synthetic.Idles(900)), synthetic.Run("idle", "gws", 1, synthetic.Idles(-3)))
	svg := string(plots(d)[memoryPlot].svg)
	assert.Contains(t, svg, "no figure above 0")
}
