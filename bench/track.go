package bench

// maxHoles bounds what a track remembers of what is missing.
const maxHoles = 64

// track follows one stream at one member. Beside what a Sequence counts it keeps
// which numbers were passed over, so that one that comes late is told from one
// that comes twice. What is beyond maxHoles is counted as Sequence does.
type track struct {
	Sequence
	late  uint64 // of those Disordered, the ones that filled a hole
	holes []span // passed over and not come since
}

// span is the numbers from from to to, both included.
type span struct{ from, to uint64 }

// see counts a number and tells whether it is new.
func (t *track) see(number uint64) bool {
	last := t.Last
	t.See(number)
	switch {
	case number == last+1, last == 0:
		return true
	case number > last:
		t.open(last+1, number-1)
		return true
	case t.fill(number):
		t.late++
		return true
	}
	return false
}

// fromFirst makes what a member that was there from the start did not hear at
// first a hole.
func (t *track) fromFirst(number uint64) {
	if t.First == 0 && number > 1 {
		t.open(1, number-1)
		t.Lost += number - 1
	}
}

func (t *track) open(from, to uint64) {
	if len(t.holes) < maxHoles {
		t.holes = append(t.holes, span{from, to})
	}
}

// fill takes number out of the holes.
func (t *track) fill(number uint64) bool {
	for i, h := range t.holes {
		if number < h.from || number > h.to {
			continue
		}
		t.holes = append(t.holes[:i], t.holes[i+1:]...)
		if number > h.from {
			t.open(h.from, number-1)
		}
		if number < h.to {
			t.open(number+1, h.to)
		}
		return true
	}
	return false
}

// tally settles the counts of what came, and of what was passed over.
func (t *track) tally() (f Flaws) {
	f.Lost = t.Lost - t.late
	f.Disordered = t.late
	f.Doubled = t.Doubled
	if known := t.Disordered - t.late; len(t.holes) < maxHoles {
		f.Doubled += known
	} else {
		f.Disordered += known
	}
	return f
}

// Flaws are messages that did not come as they must: once, and in order.
type Flaws struct {
	Lost       uint64 `json:"lost"`       // never came
	Doubled    uint64 `json:"doubled"`    // came again
	Disordered uint64 `json:"disordered"` // came after a later one
}

func (f *Flaws) add(other Flaws) {
	f.Lost += other.Lost
	f.Doubled += other.Doubled
	f.Disordered += other.Disordered
}
