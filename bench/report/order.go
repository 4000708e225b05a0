package report

import "plenum/bench/spread"

// fewestAgreeing is the share of pairs of runs that must agree before an order is claimed. With
// five runs of each server it is about a rank test at 5 %.
const fewestAgreeing = 0.9

// floor returns the factor by which two measurements of the same plenum differ in an entry: at
// least 1. known is false if plenum was not measured twice. A client shape without a second
// measurement has the floor of the other one.
func (d *data) floor(entry string, f figure) (factor float64, known bool) {
	ratio, ok := noise(d, entry, f)
	if !ok && d.both != nil {
		return d.both.floor(entry, f)
	}
	if !ok || ratio <= 0 {
		return 1, false
	}
	return max(ratio, 1/ratio), true
}

// near reports whether a ratio of medians is within the noise floor around a limit.
func (d *data) near(entry string, f figure, ratio, limit float64) bool {
	floor, known := d.floor(entry, f)
	return known && ratio <= limit*floor && ratio >= limit/floor
}

// ahead reports whether the sound runs of a are better than those of b by more than the noise.
// Without a noise floor nothing is ahead.
func (d *data) ahead(entry string, f figure, a, b string) bool {
	floor, known := d.floor(entry, f)
	return known && f.ahead(floor, f.values(d.at(entry, a).sound), f.values(d.at(entry, b).sound))
}

// tied reports whether neither of two runs' values is ahead of the other by more than a known
// noise floor.
func (d *data) tied(entry string, f figure, x, y []float64) bool {
	floor, known := d.floor(entry, f)
	return known && !f.ahead(floor, x, y) && !f.ahead(floor, y, x)
}

// ahead reports whether values x are better than y by more than the noise. For that, the medians must
// differ by more than the floor, and nine of ten pairs of runs must agree.
func (f figure) ahead(floor float64, x, y []float64) bool {
	if len(x) == 0 || len(y) == 0 {
		return false
	}
	mine, theirs := spread.Of(x).Median, spread.Of(y).Median
	if !f.best.better(mine, theirs) || mine <= theirs*floor && mine >= theirs/floor {
		return false
	}
	agree := 0
	for _, v := range x {
		for _, w := range y {
			if f.best.better(v, w) {
				agree++
			}
		}
	}
	return float64(agree) >= fewestAgreeing*float64(len(x)*len(y))
}

// sound returns the servers of which every run of an entry is sound and has the figure. raw is
// not among them, because it is a lower bound.
func (d *data) sound(entry string, f figure) (names []string) {
	for _, name := range d.measured(entry) {
		c := d.at(entry, name)
		if _, ok := f.of(c.sound); ok && name != raw && c.missed() == 0 {
			names = append(names, name)
		}
	}
	return names
}

// best returns the servers that no other one is ahead of, the one with the best median first.
// None are returned if there is no noise floor or nothing to compare.
func (d *data) best(entry string, f figure) []string {
	return d.bestOf(d.sound(entry, f), entry, f)
}

// bestOf is best among some of the sound servers.
func (d *data) bestOf(sound []string, entry string, f figure) (names []string) {
	if _, known := d.floor(entry, f); !known || len(sound) < 2 {
		return nil
	}
	first := sound[0]
	for _, name := range sound {
		if f.best.better(d.median(entry, f, name), d.median(entry, f, first)) {
			first = name
		}
	}
	names = []string{first}
	for _, name := range sound {
		if name != first && !d.ahead(entry, f, first, name) {
			names = append(names, name)
		}
	}
	return names
}

// median returns the median of the sound runs; 0 if there are none.
func (d *data) median(entry string, f figure, name string) float64 {
	s, _ := f.of(d.at(entry, name).sound)
	return s.Median
}
