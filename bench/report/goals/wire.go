package goals

import (
	"plenum/bench/metric"
	"plenum/bench/report/results"
)

// wireGoals compare plenum with compression to plenum without.
var wireGoals = []goal{
	onVariants(comparedOf(results.Key{Entry: results.Large, Target: results.Compressed}, "with compression, CPU per delivery at most 1.2 x that without", results.DeliveryCPU, 1.2, results.In(results.Large, results.Plenum))),
	onVariants(differenceAtMost(results.Key{Entry: "idle", Target: results.Compressed}, "with compression, memory per connection at most 0.1 KB (102 bytes) more than without", results.IdleBytes, 102.4, results.Plenum)),
}

// onVariants makes a goal use the results of the variants.
func onVariants(b goal) goal {
	judge := b.judge
	b.judge = func(d *results.Data) outcome { return judge(d.Wire) }
	return b
}

// differenceAtMost is a goal on the difference to another target in the same entry.
func differenceAtMost(of results.Key, text string, f results.Figure, most float64, than string) goal {
	return goal{of.Entry, text, func(d *results.Data) outcome {
		o, mine, done := own(d, of, f)
		theirs, found := f.Of(d.At(of.Entry, than).Sound)
		if done || !found {
			return o
		}
		o.own += ", " + metric.Number(mine.Median-theirs.Median) + " more"
		o.rival, o.ratio = than+" "+theirs.String(), metric.Number(mine.Median/theirs.Median)
		holds := func(v float64) bool { return v-theirs.Median <= most }
		o.verdict = everyRun(verdict(holds(mine.Median)), f.Values(d.At(of.Entry, of.Target).Sound), holds)
		return o
	}}
}
