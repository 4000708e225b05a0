package suite

// job is one run of the set, with all its attempts.
type job struct {
	entry  Entry
	target Target
	repeat int // from 1
}

// schedule returns all jobs in the order in which they run. repeats is the suite's own number of
// repeats, or 0. Entries that are measured once come last.
func schedule(entries []Entry, targets []Target, repeats int) (jobs []job) {
	most := 0
	for _, e := range entries {
		most = max(most, e.repeats(repeats))
	}
	for _, last := range []bool{false, true} {
		for repeat := 1; repeat <= most; repeat++ {
			for _, e := range entries {
				if e.Once == last && repeat <= e.repeats(repeats) {
					jobs = appendJobs(jobs, e, targets, repeat)
				}
			}
		}
	}
	return jobs
}

// appendJobs appends the runs of an entry in one repeat, one per target that the entry is for.
func appendJobs(jobs []job, e Entry, targets []Target, repeat int) []job {
	for _, t := range rotated(targets, repeat) {
		if t.supports(e) {
			jobs = append(jobs, job{e.withNodes(t.Nodes), t, repeat})
		}
	}
	return jobs
}

// rotated returns the order of the targets in a repeat, from 1. Each repeat begins one target further, and
// every second repeat goes backwards. So a target is not always measured after the same other one.
func rotated(targets []Target, repeat int) (order []Target) {
	n, step := len(targets), 1
	if repeat%2 == 0 {
		step = n - 1 // one back
	}
	for i := range n {
		order = append(order, targets[(repeat-1+i*step)%n])
	}
	return order
}

// redundant reports whether the job can be left out. If a target has failed the first two repeats of one
// rate of a ladder, only the first repeat of each higher rate is measured. One repeat is enough to show
// that the target fails there too. failed reports whether the target has failed a run.
func (j job) redundant(failed func(job) bool) bool {
	if j.repeat == 1 || j.entry.LadderRate == 0 {
		return false
	}
	for _, lower := range Published() {
		if lower.Scenario != j.entry.Scenario || lower.LadderRate == 0 || lower.LadderRate >= j.entry.LadderRate {
			continue
		}
		if failed(job{lower, j.target, 1}) && failed(job{lower, j.target, 2}) {
			return true
		}
	}
	return false
}
