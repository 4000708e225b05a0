package main

import (
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
)

// checkConditions returns a usageError if a scenario does not measure the metric of a condition.
func checkConditions(conditions []metric.Condition, scenario string) error {
	for _, c := range conditions {
		if err := c.Check(scenario); err != nil {
			return &usageError{"--fail-if: " + err.Error()}
		}
	}
	return nil
}

// judgeConditions adds the conditions to the result. It returns a text for each condition that holds
// or that could not be checked.
func judgeConditions(conditions []metric.Condition, r *bench.Result) (broken []string) {
	for _, c := range conditions {
		judged := c.Judge(r)
		r.FailIf = append(r.FailIf, judged)
		if text := c.Text(judged.Value); text != "" {
			broken = append(broken, text)
		}
	}
	return broken
}

// withConditions returns the verdict on a run with conditions. other is the verdict without them, and broken
// are the texts of judgeConditions. Conditions fail only a sound run or one that was held back, because the
// figures of other runs say nothing about the server.
func withConditions(other error, broken []string) error {
	if status := exitStatus(other); len(broken) == 0 || status != 0 && status != statusHeldBack {
		return other
	}
	return &verdict{statusFailed, "FAILED: " + strings.Join(broken, "; ")}
}
