package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAPlotHasRowsForServersWithRunsOnly(t *testing.T) {
	d := loaded(t, aRun("idle", plenum, 1, idles(900)), aRun("idle", bun, 1, idles(1900)), aRun("idle", "gws", 1, fails("1 connections ended by the server")))
	d.known = []peer{{Name: bun}, {Name: "gws"}, {Name: uws}, {Name: "ws"}}
	svg := string(plots(d)[memoryPlot].svg)
	assert.Contains(t, svg, ">failed 1 of 1<", "a row with the reason")
	assert.Contains(t, svg, ">Not measured: uws, ws.<")
	assert.NotContains(t, svg, ">uws<")
}
