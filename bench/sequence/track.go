package sequence

// maxHoles bounds what a track remembers of what is missing.
const maxHoles = 64

// Track follows one stream at one member. Beside what a Sequence counts it keeps
// which numbers were passed over, so that one that comes late is told from one
// that comes twice. What is beyond maxHoles is counted as Sequence does.
type Track struct {
	Sequence
	late  uint64 // of those OutOfOrder, the ones that filled a hole
	holes []span // passed over and not come since
}

// span is the numbers from from to to, both included.
type span struct{ from, to uint64 }

// Add counts a number and tells whether it is new.
func (t *Track) Add(number uint64) bool {
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

// FromFirst makes what a member that was there from the start did not hear at
// first a hole.
func (t *Track) FromFirst(number uint64) {
	if t.First == 0 && number > 1 {
		t.open(1, number-1)
		t.Lost += number - 1
	}
}

func (t *Track) open(from, to uint64) {
	if len(t.holes) < maxHoles {
		t.holes = append(t.holes, span{from, to})
	}
}

// fill takes number out of the holes.
func (t *Track) fill(number uint64) bool {
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

// Tally settles the counts of what came, and of what was passed over.
func (t *Track) Tally() (f Flaws) {
	f.Lost = t.Lost - t.late
	f.OutOfOrder = t.late
	f.Duplicated = t.Duplicated
	if known := t.OutOfOrder - t.late; len(t.holes) < maxHoles {
		f.Duplicated += known
	} else {
		f.OutOfOrder += known
	}
	return f
}

// Flaws are messages that did not come as they must: once, and in order.
type Flaws struct {
	Lost       uint64 `json:"lost"`       // never came
	Duplicated uint64 `json:"doubled"`    // came again
	OutOfOrder uint64 `json:"disordered"` // came after a later one
}

// Add counts the flaws of other in.
func (f *Flaws) Add(other Flaws) {
	f.Lost += other.Lost
	f.Duplicated += other.Duplicated
	f.OutOfOrder += other.OutOfOrder
}
