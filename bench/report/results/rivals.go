package results

import "plenum/bench/spread"

// Rivals returns the runs that a goal compares plenum with. The best of them counts.
type Rivals func(d *Data) []Key

// In returns the targets with these names in an entry as rivals.
func In(entry string, names ...string) Rivals {
	return func(*Data) []Key { return keysOf(entry, names) }
}

// InPeers returns all peers in an entry as rivals.
func InPeers(entry string) Rivals {
	return func(d *Data) []Key { return keysOf(entry, d.Peers()) }
}

// InGoPeers returns the peers that are written in Go.
func InGoPeers(entry string) Rivals {
	return func(d *Data) []Key { return keysOf(entry, d.GoPeers()) }
}

func keysOf(entry string, names []string) (keys []Key) {
	for _, name := range names {
		keys = append(keys, Key{Entry: entry, Target: name})
	}
	return keys
}

// Best returns the rival with the best median. found is false if no rival has the figure.
func (r Rivals) Best(d *Data, f Figure) (name string, best spread.Spread, found bool) {
	for _, k := range r(d) {
		s, ok := f.Of(d.At(k.Entry, k.Target).Sound)
		if ok && (!found || f.Best.Better(s.Median, best.Median)) {
			name, best, found = k.Target, s, true
		}
	}
	return name, best, found
}

// AllMissed reports whether the rivals have runs and all of them failed or were held back.
// text is the cell for that case.
func (r Rivals) AllMissed(d *Data) (text string, all bool) {
	sound, failed, held := 0, 0, 0
	for _, k := range r(d) {
		c := d.At(k.Entry, k.Target)
		sound, failed, held = sound+len(c.Sound), failed+len(c.Failed), held+len(c.Held)
	}
	text = "all runs failed"
	if held > 0 {
		text += " or were held back"
	}
	return text, sound == 0 && failed+held > 0
}

// Inconclusive returns the rivals whose runs prove nothing: all failed or were held back, and
// in each of them the generator may be the cause.
func (r Rivals) Inconclusive(d *Data) (names []string) {
	for _, k := range r(d) {
		c := d.At(k.Entry, k.Target)
		if len(c.Sound) == 0 && c.Missed() > 0 && c.Proven() == 0 {
			names = append(names, k.Target)
		}
	}
	return names
}

// Values returns the figures of the sound runs of one of the rivals.
func (r Rivals) Values(d *Data, f Figure, name string) []float64 {
	for _, k := range r(d) {
		if k.Target == name {
			return f.Values(d.At(k.Entry, k.Target).Sound)
		}
	}
	return nil
}
