package report

// wireGoals are of the server compressed, beside itself as it is.
var wireGoals = []goal{
	ofWire(comparedOf(key{large, compressed}, "compressed, CPU a delivery at most 1.2 x the plain one's", deliveryCPU, 1.2, in(large, plenum))),
	ofWire(more(key{"idle", compressed}, "compressed, memory a connection at most 0.1 KB (102 bytes) more than the plain one's", idleBytes, 102.4, plenum)),
}

// ofWire is a goal on what was measured of the server against itself.
func ofWire(b goal) goal {
	judge := b.judge
	b.judge = func(d *data) outcome { return judge(d.wire) }
	return b
}

// more is a goal on what a figure has more than another target's in the same entry.
func more(of key, text string, f figure, most float64, than string) goal {
	return goal{of.entry, text, func(d *data) outcome {
		o, mine, done := own(d, of, f)
		theirs, found := f.of(d.at(of.entry, than).sound)
		if done || !found {
			return o
		}
		o.own += ", " + number(mine.median-theirs.median) + " more"
		o.rival, o.ratio = than+" "+theirs.String(), number(mine.median/theirs.median)
		o.verdict = verdict(mine.median-theirs.median <= most)
		return o
	}}
}
