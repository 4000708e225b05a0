package report

import "fmt"

// labGoals are the goals for millions of connections in one process.
var labGoals = []goal{
	labGoal("2,200,000 connections in one process, none closed within 600 s or more", func(l *lab) (string, bool) {
		own := fmt.Sprintf("%s open for %d s, %d closed", grouped(int64(l.open)), l.held, l.ended)
		return own, l.open >= 2_200_000 && l.held >= 600 && l.ended == 0
	}),
	labGoal("idle memory at most 700 bytes per connection", func(l *lab) (string, bool) {
		return grouped(int64(l.bytes)), l.bytes <= 700
	}),
	labGoal("one message to all members arrives at each of them", func(l *lab) (string, bool) {
		own := fmt.Sprintf("%s of %s", grouped(int64(l.received)), grouped(int64(l.due)))
		return own, l.open == l.wanted && l.due >= l.open && l.received == l.due && l.short == 0 && l.flaws == [4]int{}
	}),
}

// labGoal has no figure if scripts/lab.sh has not run.
func labGoal(text string, judge func(*lab) (own string, holds bool)) goal {
	return goal{"lab", text, func(d *data) outcome {
		if d.lab == nil {
			return outcome{verdict: notMeasured}
		}
		own, holds := judge(d.lab)
		return outcome{own: own, verdict: verdict(holds)}
	}}
}
