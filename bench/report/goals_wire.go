package report

// wireGoals compare plenum with compression to plenum without.
var wireGoals = []goal{
	onVariants(comparedOf(key{large, compressed}, "with compression, CPU per delivery at most 1.2 x that without", deliveryCPU, 1.2, in(large, plenum))),
	onVariants(differenceAtMost(key{"idle", compressed}, "with compression, memory per connection at most 0.1 KB (102 bytes) more than without", idleBytes, 102.4, plenum)),
}

// onVariants makes a goal use the results of the variants.
func onVariants(b goal) goal {
	judge := b.judge
	b.judge = func(d *data) outcome { return judge(d.wire) }
	return b
}

// differenceAtMost is a goal on the difference to another target in the same entry.
func differenceAtMost(of key, text string, f figure, most float64, than string) goal {
	return goal{of.entry, text, func(d *data) outcome {
		o, mine, done := own(d, of, f)
		theirs, found := f.of(d.at(of.entry, than).sound)
		if done || !found {
			return o
		}
		o.own += ", " + number(mine.Median-theirs.Median) + " more"
		o.rival, o.ratio = than+" "+theirs.String(), number(mine.Median/theirs.Median)
		o.verdict = verdict(mine.Median-theirs.Median <= most)
		return o
	}}
}
