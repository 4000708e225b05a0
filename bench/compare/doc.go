// Package compare tells whether the runs B are better or worse than the runs A.
//
// Read reads the results of one side into groups. A group has the runs of one server, with the same
// options, in one entry of a suite or in one scenario. Sides pairs the groups of A with those of B, and Compare
// compares a pair. Each metric has a verdict:
//
//   - better or worse: the rank test, the bootstrap interval and the noise floor agree.
//   - undecided: in all other cases. The row says why.
//
// # Statistics
//
// Every figure is the median over the runs. The rank test is that of Mann and Whitney, two-sided, at
// 5 %. It is exact up to 50 runs, or 25 if figures are equal. It cannot reach 5 % with fewer than 4
// runs of each, or 3 and 5, or 2 and 8.
//
// The interval is the 95 % percentile bootstrap of the ratio of the medians. The runs of A and of B
// are drawn anew 10,000 times. The seed is fixed, so the same files give the same interval.
//
// The noise floor is the change that appears between runs of the same server. It is the largest of:
//
//   - Options.Least, which bounds it from below;
//   - the ratio of the medians of two halves of A's runs, or of B's. All ways to make halves are
//     tried, or 2,000 of them. The floor is the 95th percentile of their ratios;
//   - the ratio of a suite's second measurement of the server (NAME-again) to the first.
//
// None of the three sees a difference between two days. Measure A and B in turns.
//
// # Runs that do not count
//
// Runs that are INVALID, interrupted or rejected by a suite are counted and left out. So are runs of an
// older set and runs on an emulated machine. FAILED runs and runs that were held back have no figures
// here, but a verdict of their own. If only B has such runs, B is worse. If only A has them, B is better.
//
// All functions may be called from any goroutine. The package measures nothing and exits no program.
package compare
