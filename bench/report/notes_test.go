package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
)

func TestRemarksOfTheGeneratorAreCountedPerServer(t *testing.T) {
	noted := func(notes ...string) func(*bench.Result) { return func(r *bench.Result) { r.Notes = notes } }
	d := loaded(t,
		aRun("connect", plenum, 1, noted("the storm was bounded by the client, which used 1.10 cores", "other processes used 0.12 of 2 cores")),
		aRun("connect", plenum, 2, noted("the storm was bounded by the client, which used 1.05 cores", "the first upgrade to fail: EOF")), aRun("connect", plenum, 3),
		aRun("connect", bun, 1, noted("all cores were busy: server 0.90")), aRun("connect", bun, 2, noted("no matter"), rejects("busy")))
	text := strings.Join(strings.Fields(notesText(d, "connect", []string{plenum, bun})), " ")
	assert.Equal(t, "Remarks of the generator: other processes used … (plenum 1 of 3); the storm was bounded by the client (plenum 2 of 3); all cores were busy (bun 1 of 1).", text)
	assert.Empty(t, notesText(d, "echo", []string{plenum}))
}
