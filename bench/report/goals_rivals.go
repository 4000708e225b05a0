package report

// rivals of a goal are the best of some runs.
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

// missed tells whether there were runs and none did what was asked, and how that is said.
func (r rivals) missed(d *data) (text string, all bool) {
	sound, failed, held := 0, 0, 0
	for _, k := range r {
		c := d.at(k.entry, k.target)
		sound, failed, held = sound+len(c.sound), failed+len(c.failed), held+len(c.held)
	}
	text = "all runs failed"
	if held > 0 {
		text += " or were held back"
	}
	return text, sound == 0 && failed+held > 0
}

// open returns those whose runs tell nothing: all failed or were held back, and in each
// the generator may be the cause.
func (r rivals) open(d *data) (names []string) {
	for _, k := range r {
		c := d.at(k.entry, k.target)
		if len(c.sound) == 0 && c.missed() > 0 && c.proven() == 0 {
			names = append(names, k.target)
		}
	}
	return names
}
