package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

// lagging rejects a run because of a lag that is a large share of its own latency, and for further reasons.
func lagging(further ...string) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Valid, r.Reasons = false, append([]string{"the generator sent late: p99 2.00 ms of a latency of p99 7.00 ms"}, further...)
		synthetic.Rejects("INVALID: " + r.Reasons[0])(r)
	}
}

// lineOf returns the text without line breaks.
func lineOf(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestRunsThatWereRejectedByTheirOwnLatencyAreShownNextToTheMedians(t *testing.T) {
	runs := []*bench.Result{
		synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(5)), synthetic.Run("echo", results.Again, 1, synthetic.Sends(5.2)),
		synthetic.Run("echo", "gws", 1, synthetic.Sends(9)), synthetic.Run("echo", "gws", 2, synthetic.Sends(3), lagging()), synthetic.Run("echo", "gws", 3, synthetic.Sends(4), lagging()),
	}
	d := loaded(t, runs...)
	summary := lineOf(byLatencySummary(d))
	assert.Contains(t, summary, "a large share of their own latency: 2 runs.")
	assert.Contains(t, summary, "more than the noise floor: [Echo](#echo) (gws: delivery p50, ms ")
	assert.Contains(t, summary, "gws: server CPU per delivery, µs 4.50 → 2.00")
	assert.NotContains(t, summary, "plenum:")
	part := entryPart(d, d.Kind("echo"))
	assert.Contains(t, part, "Runs not used: gws 2 rejected.")
	assert.Contains(t, lineOf(part), "[no reason any more](#the-machine): 2. The medians without → with these runs:")
	assert.Contains(t, part, "\n| gws | 2 | ")
	assert.Contains(t, machinePart(d), "That rule kept the slow")
}

func TestOtherRejectedRunsStayOutOfTheMedians(t *testing.T) {
	for name, rejected := range map[string]func(*bench.Result){
		"other programs":   synthetic.Rejects("other processes used 1.2 cores"),
		"a further reason": lagging("a loop of the generator was busy 99.0 % of the time"),
		"a fixed bound":    synthetic.Rejects("the generator sent late: p99 10.1 ms, more than 10 ms"),
		"failed":           func(r *bench.Result) { lagging()(r); synthetic.Fails("1 deliveries lost")(r) },
	} {
		d := loaded(t, synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(5)), synthetic.Run("echo", "gws", 1, synthetic.Sends(9)), synthetic.Run("echo", "gws", 2, synthetic.Sends(3), rejected))
		assert.Empty(t, byLatencySummary(d), name)
		assert.NotContains(t, entryPart(d, d.Kind("echo")), "→", name)
	}
}

func TestASmallChangeOfAMedianIsNotNamed(t *testing.T) {
	d := loaded(t, synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(5)), synthetic.Run("echo", results.Plenum, 2, synthetic.Sends(5.1), lagging()))
	assert.Contains(t, lineOf(byLatencySummary(d)), "No two differ by more than 5 % and more than the noise floor.")
	assert.True(t, moved(0, 1, 1.05))
	assert.False(t, moved(100, 104, 1.05))
	assert.True(t, moved(106, 100, 1.05))
}
