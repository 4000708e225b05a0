package results

import (
	"slices"

	"plenum/bench/spread"
)

// fewestAgreeing is the share of pairs of runs that must agree before an order is claimed. With
// five runs of each server it is about a rank test at 5 %.
const fewestAgreeing = 0.9

// fewestRuns of each server are compared. One run shows no spread. Two are enough for memory, which spreads least.
const fewestRuns = 2

// Floor returns the factor by which two measurements of the same plenum differ in an entry: at
// least 1. known is false if plenum was not measured twice. A client shape without a second
// measurement has the floor of the other one.
func (d *Data) Floor(entry string, f Figure) (factor float64, known bool) {
	ratio, ok := d.Noise(entry, f)
	if !ok && d.both != nil {
		return d.both.Floor(entry, f)
	}
	if !ok || ratio <= 0 {
		return 1, false
	}
	return max(ratio, 1/ratio), true
}

// Near reports whether a ratio of medians is within the noise floor around a limit.
func (d *Data) Near(entry string, f Figure, ratio, limit float64) bool {
	floor, known := d.Floor(entry, f)
	return known && ratio <= limit*floor && ratio >= limit/floor
}

// Ahead reports whether the sound runs of a are better than those of b by more than the noise.
// Without a noise floor nothing is ahead.
func (d *Data) Ahead(entry string, f Figure, a, b string) bool {
	floor, known := d.Floor(entry, f)
	return known && f.ahead(floor, f.Values(d.At(entry, a).Sound), f.Values(d.At(entry, b).Sound))
}

// Tied reports whether neither of two runs' values is ahead of the other by more than a known
// noise floor.
func (d *Data) Tied(entry string, f Figure, x, y []float64) bool {
	floor, known := d.Floor(entry, f)
	return known && min(len(x), len(y)) >= fewestRuns && !f.ahead(floor, x, y) && !f.ahead(floor, y, x)
}

// ahead reports whether values x are better than y by more than the noise. For that, both need fewestRuns, the medians must
// differ by more than the floor, and nine of ten pairs of runs must agree.
func (f Figure) ahead(floor float64, x, y []float64) bool {
	if min(len(x), len(y)) < fewestRuns {
		return false
	}
	mine, theirs := spread.Of(x).Median, spread.Of(y).Median
	if !f.Best.Better(mine, theirs) || mine <= theirs*floor && mine >= theirs/floor {
		return false
	}
	agree := 0
	for _, v := range x {
		for _, w := range y {
			if f.Best.Better(v, w) {
				agree++
			}
		}
	}
	return float64(agree) >= fewestAgreeing*float64(len(x)*len(y))
}

// Sound returns the servers that have the figure and of which no run of an entry failed or was held back. A peer's run
// in which the generator may be the cause does not count against it. raw is not among them, because it is a lower bound.
func (d *Data) Sound(entry string, f Figure) (names []string) {
	for _, name := range d.Measured(entry) {
		c := d.At(entry, name)
		if _, ok := f.Of(c.Sound); ok && name != Raw && c.faults(name == Plenum) == 0 {
			names = append(names, name)
		}
	}
	return names
}

// TooFew reports whether a server has too few sound runs to compare its figure because others failed or were held back. Such
// a server is neither the best of a column nor in the way of a lead.
func (d *Data) TooFew(entry string, f Figure, name string) bool {
	return d.At(entry, name).faults(name == Plenum) > 0 && !d.Comparable(entry, f, name)
}

// Comparable reports whether a server has enough sound runs to compare its figure.
func (d *Data) Comparable(entry string, f Figure, name string) bool {
	return len(f.Values(d.At(entry, name).Sound)) >= fewestRuns
}

// Best returns the servers that no other one is ahead of, the one with the best median first.
// None are returned if there is no noise floor or nothing to compare.
func (d *Data) Best(entry string, f Figure) []string {
	return d.BestOf(d.Sound(entry, f), entry, f)
}

// BestOf is Best among some of the sound servers. Those with fewer than fewestRuns are left out.
func (d *Data) BestOf(sound []string, entry string, f Figure) (names []string) {
	sound = slices.DeleteFunc(slices.Clone(sound), func(name string) bool { return !d.Comparable(entry, f, name) })
	if _, known := d.Floor(entry, f); !known || len(sound) < 2 {
		return nil
	}
	first := d.ByMedian(sound, entry, f)[0]
	names = []string{first}
	for _, name := range sound {
		if name != first && !d.Ahead(entry, f, first, name) {
			names = append(names, name)
		}
	}
	return names
}

// ByMedian returns the names sorted by the medians of their sound runs, the best first.
func (d *Data) ByMedian(names []string, entry string, f Figure) []string {
	return slices.SortedStableFunc(slices.Values(names), func(a, b string) int {
		return f.Best.Compare(d.Median(entry, f, a), d.Median(entry, f, b))
	})
}

// Median returns the median of the sound runs; 0 if there are none.
func (d *Data) Median(entry string, f Figure, name string) float64 {
	s, _ := f.Of(d.At(entry, name).Sound)
	return s.Median
}

// Noise returns the ratio of the second measurement of plenum to the first.
func (d *Data) Noise(entry string, f Figure) (ratio float64, ok bool) {
	first, measured := f.Of(d.At(entry, Plenum).Sound)
	second, repeated := f.Of(d.At(entry, Again).Sound)
	return second.Median / first.Median, measured && repeated && first.Median != 0
}
