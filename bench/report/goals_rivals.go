package report

import "plenum/bench/spread"

// rivals returns the runs that a goal compares plenum with. The best of them counts.
type rivals func(d *data) []key

// in returns the targets with these names in an entry as rivals.
func in(entry string, names ...string) rivals {
	return func(*data) []key { return keysOf(entry, names) }
}

// inPeers returns all peers in an entry as rivals.
func inPeers(entry string) rivals {
	return func(d *data) []key { return keysOf(entry, d.peers()) }
}

// inGoPeers returns the peers that are written in Go.
func inGoPeers(entry string) rivals {
	return func(d *data) []key { return keysOf(entry, d.goPeers()) }
}

func keysOf(entry string, names []string) (keys []key) {
	for _, name := range names {
		keys = append(keys, key{entry, name})
	}
	return keys
}

// best returns the rival with the best median. found is false if no rival has the figure.
func (r rivals) best(d *data, f figure) (name string, best spread.Spread, found bool) {
	for _, k := range r(d) {
		s, ok := f.of(d.at(k.entry, k.target).sound)
		if ok && (!found || f.best.better(s.Median, best.Median)) {
			name, best, found = k.target, s, true
		}
	}
	return name, best, found
}

// allMissed reports whether the rivals have runs and all of them failed or were held back.
// text is the cell for that case.
func (r rivals) allMissed(d *data) (text string, all bool) {
	sound, failed, held := 0, 0, 0
	for _, k := range r(d) {
		c := d.at(k.entry, k.target)
		sound, failed, held = sound+len(c.sound), failed+len(c.failed), held+len(c.held)
	}
	text = "all runs failed"
	if held > 0 {
		text += " or were held back"
	}
	return text, sound == 0 && failed+held > 0
}

// inconclusive returns the rivals whose runs prove nothing: all failed or were held back, and
// in each of them the generator may be the cause.
func (r rivals) inconclusive(d *data) (names []string) {
	for _, k := range r(d) {
		c := d.at(k.entry, k.target)
		if len(c.sound) == 0 && c.missed() > 0 && c.proven() == 0 {
			names = append(names, k.target)
		}
	}
	return names
}

// values returns the figures of the sound runs of one of the rivals.
func (r rivals) values(d *data, f figure, name string) []float64 {
	for _, k := range r(d) {
		if k.target == name {
			return f.values(d.at(k.entry, k.target).sound)
		}
	}
	return nil
}
