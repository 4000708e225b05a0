package report

// rivals of a bar are the best of some runs.
type rivals []key

// in returns the rivals of those names in an entry.
func in(entry string, names ...string) (r rivals) {
	for _, name := range names {
		r = append(r, key{entry, name})
	}
	return r
}

// best returns the rival with the best median; none where no rival has one.
func (r rivals) best(d *data, f figure) (name string, best spread, found bool) {
	for _, k := range r {
		s, ok := f.of(d.at(k.entry, k.target).sound)
		if ok && (!found || f.best.better(s.median, best.median)) {
			name, best, found = k.target, s, true
		}
	}
	return name, best, found
}

// failed tells whether there were runs and all failed.
func (r rivals) failed(d *data) bool {
	sound, failed := 0, 0
	for _, k := range r {
		c := d.at(k.entry, k.target)
		sound, failed = sound+len(c.sound), failed+len(c.failed)
	}
	return sound == 0 && failed > 0
}

// open returns those whose runs tell nothing: all failed, and in each the generator
// was overrun.
func (r rivals) open(d *data) (names []string) {
	for _, k := range r {
		c := d.at(k.entry, k.target)
		if len(c.sound) == 0 && len(c.failed) > 0 && c.proven() == 0 {
			names = append(names, k.target)
		}
	}
	return names
}
