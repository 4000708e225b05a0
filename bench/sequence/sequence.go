package sequence

// Sequence checks the room numbers that one member received: from the first seen
// on they must rise by exactly one. It keeps no list of what was seen, so after a
// hole it cannot tell a message that came late from one that came twice, and calls
// both OutOfOrder; the late one was counted as Lost when it was passed.
type Sequence struct {
	First      uint64  // first seq seen, 0: none
	Last       uint64  // highest seq seen
	Received   uint64  // messages with a seq
	Lost       uint64  // numbers that were passed over
	Duplicated uint64  // seen before
	OutOfOrder uint64  // below the highest, and not known to have been seen
	Unnumbered uint64  // messages that do not end in a seq
	_          [8]byte // two loops never write one cache line in a slice of them
}

// Message counts a room message by the seq at its payload's end.
func (s *Sequence) Message(payload []byte) {
	seq, ok := ParseSeq(payload)
	if !ok {
		s.Unnumbered++
		return
	}
	s.See(seq)
}

// See counts a message by its number.
func (s *Sequence) See(seq uint64) {
	s.Received++
	switch {
	case s.First == 0:
		s.First, s.Last = seq, seq
	case seq > s.Last:
		s.Lost += seq - s.Last - 1
		s.Last = seq
	case seq == s.Last, seq >= s.First && s.Lost == 0:
		s.Duplicated++
	default:
		s.OutOfOrder++
	}
}

// Run counts the next n numbers, as See would one after the other.
func (s *Sequence) Run(n uint64) {
	if s.First == 0 {
		s.First = s.Last + 1
	}
	s.Received += n
	s.Last += n
}

// seqKey stands before the number, which ends the JSON object.
const seqKey = `,"seq":`

// ParseSeq reads N from a payload that ends in `,"seq":N}`, with N from 1.
func ParseSeq(payload []byte) (seq uint64, ok bool) {
	i := len(payload) - 1
	if i < 0 || payload[i] != '}' {
		return 0, false
	}
	unit := uint64(1)
	digits := 0
	for i--; i >= 0 && digits < 19; i-- { // 19 digits do not overflow
		digit := payload[i] - '0'
		if digit > 9 {
			break
		}
		seq += uint64(digit) * unit
		unit *= 10
		digits++
	}
	key := i + 1 - len(seqKey)
	return seq, seq > 0 && key >= 0 && string(payload[key:i+1]) == seqKey
}

// Report adds up the Sequences of a room's members.
type Report struct {
	Members            int // with at least one message
	Silent             int // without
	MinFirst, MaxFirst uint64
	MinLast, MaxLast   uint64
	Received           uint64
	Lost               uint64
	Duplicated         uint64
	OutOfOrder         uint64
	Unnumbered         uint64
}

// Add counts one member in.
func (r *Report) Add(s Sequence) {
	one := Report{
		Members: 1, MinFirst: s.First, MaxFirst: s.First, MinLast: s.Last, MaxLast: s.Last,
		Received: s.Received, Lost: s.Lost, Duplicated: s.Duplicated,
		OutOfOrder: s.OutOfOrder, Unnumbered: s.Unnumbered,
	}
	if s.First == 0 {
		one = Report{Silent: 1, Unnumbered: s.Unnumbered}
	}
	r.Merge(one)
}

// Merge counts the members of other in.
func (r *Report) Merge(other Report) {
	switch {
	case r.Members == 0:
		r.MinFirst, r.MaxFirst, r.MinLast, r.MaxLast = other.MinFirst, other.MaxFirst, other.MinLast, other.MaxLast
	case other.Members > 0:
		r.MinFirst, r.MaxFirst = min(r.MinFirst, other.MinFirst), max(r.MaxFirst, other.MaxFirst)
		r.MinLast, r.MaxLast = min(r.MinLast, other.MinLast), max(r.MaxLast, other.MaxLast)
	}
	r.Members += other.Members
	r.Silent += other.Silent
	r.Received += other.Received
	r.Lost += other.Lost
	r.Duplicated += other.Duplicated
	r.OutOfOrder += other.OutOfOrder
	r.Unnumbered += other.Unnumbered
}

// Clean tells whether every member heard something, and all in order.
func (r Report) Clean() bool {
	return r.Silent == 0 && r.Lost == 0 && r.Duplicated == 0 && r.OutOfOrder == 0 && r.Unnumbered == 0
}
