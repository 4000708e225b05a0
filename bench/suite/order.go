package suite

// job is one run of the set, with as many attempts as it takes.
type job struct {
	entry  Entry
	target Target
	repeat int // from 1
}

// schedule returns the jobs in their order.
func schedule(entries []Entry, targets []Target, repeats int) (jobs []job) {
	for repeat := 1; repeat <= repeats; repeat++ {
		for _, e := range entries {
			for _, t := range turned(targets, repeat) {
				if t.takes(e) {
					jobs = append(jobs, job{e.on(t.Nodes), t, repeat})
				}
			}
		}
	}
	return jobs
}

// turned returns the order of a repeat: it begins one target further each time, and
// every second one goes backwards, so that who comes before whom differs too.
func turned(targets []Target, repeat int) (order []Target) {
	n, step := len(targets), 1
	if repeat%2 == 0 {
		step = n - 1 // one back
	}
	for i := range n {
		order = append(order, targets[(repeat-1+i*step)%n])
	}
	return order
}

// hopeless tells whether the target failed the first two repeats of a lower rung:
// then one repeat of this one is enough to show it.
func (j job) hopeless(failed func(job) bool) bool {
	if j.repeat == 1 || j.entry.Rung == 0 {
		return false
	}
	for _, lower := range Published() {
		if lower.Scenario != j.entry.Scenario || lower.Rung == 0 || lower.Rung >= j.entry.Rung {
			continue
		}
		if failed(job{lower, j.target, 1}) && failed(job{lower, j.target, 2}) {
			return true
		}
	}
	return false
}
