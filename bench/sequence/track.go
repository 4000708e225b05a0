package sequence

// maxHoles bounds the number of gaps that a track remembers.
const maxHoles = 64

// Track checks the numbers of one stream at one member. Unlike a Sequence it remembers which
// numbers were skipped, so it distinguishes a late message from a duplicate. With more than
// maxHoles gaps, it counts further ones as a Sequence does.
type Track struct {
	Sequence
	late  uint64 // of OutOfOrder: numbers that filled a gap
	holes []span // numbers that were skipped and not received since
}

// span is a range of numbers, both ends included.
type span struct{ from, to uint64 }

// Add counts a number and reports whether it is new.
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

// FromFirst counts all numbers below the first received one, which is number, as skipped. It is
// for members that were there from the start, and must be called before Add.
func (t *Track) FromFirst(number uint64) {
	if t.First == 0 && number > 1 {
		t.open(1, number-1)
		t.Lost += number - 1
	}
}

// open remembers a gap.
func (t *Track) open(from, to uint64) {
	if len(t.holes) < maxHoles {
		t.holes = append(t.holes, span{from, to})
	}
}

// fill removes number from the gaps. It returns false if it was in none.
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

// Gaps calls do with each range of numbers that were skipped and not received since, both ends included. Of more than
// maxHoles gaps, it knows only these.
func (t *Track) Gaps(do func(from, to uint64)) {
	for _, h := range t.holes {
		do(h.from, h.to)
	}
}

// Tally returns the flaws so far. Numbers still in a gap are lost.
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

// Flaws counts messages that were not received exactly once and in order.
type Flaws struct {
	Lost       uint64 `json:"lost"`       // never received
	Duplicated uint64 `json:"doubled"`    // received again
	OutOfOrder uint64 `json:"disordered"` // received after a later one
}

// Add adds other to f.
func (f *Flaws) Add(other Flaws) {
	f.Lost += other.Lost
	f.Duplicated += other.Duplicated
	f.OutOfOrder += other.OutOfOrder
}
