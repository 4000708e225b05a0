package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestRemarksOfTheGeneratorAreCountedPerServer(t *testing.T) {
	noted := func(notes ...string) func(*bench.Result) { return func(r *bench.Result) { r.Notes = notes } }
	d := loaded(t,
		synthetic.Run("connect", results.Plenum, 1, noted("the storm was bounded by the client, which used 1.10 cores", "other processes used 0.12 of 2 cores")),
		synthetic.Run("connect", results.Plenum, 2, noted("the storm was bounded by the client, which used 1.05 cores", "the first upgrade to fail: EOF")), synthetic.Run("connect", results.Plenum, 3),
		synthetic.Run("connect", results.Bun, 1, noted("all cores were busy: server 0.90")), synthetic.Run("connect", results.Bun, 2, noted("no matter"), synthetic.Rejects("busy")))
	text := strings.Join(strings.Fields(notesText(d, "connect", []string{results.Plenum, results.Bun})), " ")
	assert.Equal(t, "Remarks of the generator: other processes used … (plenum 1 of 3); the storm was bounded by the client (plenum 2 of 3); all cores were busy (bun 1 of 1).", text)
	assert.Empty(t, notesText(d, "echo", []string{results.Plenum}))
}
