package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

func TestAConditionThatHoldsFailsTheRun(t *testing.T) {
	t.Parallel()
	args := []string{
		"run", "echo", "--url", room(t, 0), "--rooms=1", "--members=1", "--rate=50", "--duration=200ms", "--warmup=0s",
		"--fail-if", "p99 > 0.001 ms", "--fail-if=lost>0", "--fail-if=memory>1",
	}
	stdout, _, err := ran(t, args...)
	var r bench.Result
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	require.Len(t, r.FailIf, 3)
	assert.Equal(t, "p99>0.001ms", r.FailIf[0].Condition)
	assert.Equal(t, r.Delivery.P99, *r.FailIf[0].Value)
	assert.True(t, r.FailIf[0].Held)
	zero := 0.0
	assert.Equal(t, bench.FailIf{Condition: "lost>0", Value: &zero}, r.FailIf[1])
	if !r.Valid { // a busy machine makes a generator late
		assert.Equal(t, statusInvalid, exitStatus(err))
		return
	}
	assert.Equal(t, statusFailed, exitStatus(err))
	assert.Regexp(t, `^FAILED: p99 is [0-9.]+ ms \(p99>0.001ms\); `, err)
}

func TestWrongConditionsAreReportedBeforeTheRun(t *testing.T) {
	for condition, want := range map[string]string{
		"p99=5":   `--fail-if: expected METRIC OP VALUE, such as p99>50ms, but got "p99=5"`,
		"p99>5kg": `--fail-if: p99 is not given in "kg": use us, µs, ms, s`,
		"upgrades<1000": "--fail-if: echo does not measure upgrades; its metrics are p50, p90, p99, p99.9, max, completion.p50, completion.p99, " +
			"completion.max, rate, lost, missing, duplicated, out_of_order, refused, ended, held_back, cpu_per_delivery, cores, memory, memory_growth",
	} {
		_, _, err := ran(t, "run", "echo", "--url=ws://127.0.0.1:1/", "--fail-if", condition)
		assert.EqualError(t, err, want)
		assert.Equal(t, statusUsage, exitStatus(err))
	}
}

func TestConditionsFailOnlyARunWhoseFiguresCount(t *testing.T) {
	broken := []string{"p99 is 60.0 ms (p99>50ms)", "no cores was measured, so cores>1 could not be checked"}
	text := "FAILED: p99 is 60.0 ms (p99>50ms); no cores was measured, so cores>1 could not be checked"
	assert.EqualError(t, withConditions(nil, broken), text)
	assert.EqualError(t, withConditions(&verdict{statusHeldBack, "HELD BACK"}, broken), text)
	for _, status := range []int{statusFailed, statusInvalid, statusCut} {
		other := &verdict{status, "other"}
		assert.Equal(t, other, withConditions(other, broken))
	}
	require.NoError(t, withConditions(nil, nil))
}
