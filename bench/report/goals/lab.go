package goals

import (
	"fmt"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// labGoals are the goals for millions of connections in one process.
var labGoals = []goal{
	labGoal("2,200,000 connections in one process, none closed within 600 s or more", func(l *results.Lab) (string, bool) {
		own := fmt.Sprintf("%s open for %d s, %d closed", metric.Grouped(int64(l.Open)), l.Held, l.Ended)
		return own, l.Open >= 2_200_000 && l.Held >= 600 && l.Ended == 0
	}),
	labGoal("idle memory at most 700 bytes per connection", func(l *results.Lab) (string, bool) {
		return metric.Grouped(int64(l.Bytes)), l.Bytes <= 700
	}),
	labGoal("one message to all members arrives at each of them", func(l *results.Lab) (string, bool) {
		own := fmt.Sprintf("%s of %s", metric.Grouped(int64(l.Received)), metric.Grouped(int64(l.Due)))
		return own, l.Open == l.Wanted && l.Due >= l.Open && l.Received == l.Due && l.Short == 0 && l.Flaws == [4]int{}
	}),
}

// labGoal has no figure if scripts/lab.sh has not run.
func labGoal(text string, judge func(*results.Lab) (own string, holds bool)) goal {
	return goal{"lab", text, func(d *results.Data) outcome {
		if d.Lab == nil {
			return outcome{verdict: markdown.NotMeasured}
		}
		own, holds := judge(d.Lab)
		return outcome{own: own, verdict: verdict(holds)}
	}}
}
