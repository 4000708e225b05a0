package sequence

// Sequence checks the numbers of a room that one member receives. From the first one on, they
// must rise by exactly one.
//
// It does not remember which numbers it has seen. So after a gap it cannot distinguish a
// message that is late from a duplicate. It counts both as OutOfOrder; a late one was already
// counted as Lost.
type Sequence struct {
	First      uint64  // first number received; 0: none
	Last       uint64  // highest number received
	Received   uint64  // messages with a number
	Lost       uint64  // numbers that were skipped
	Duplicated uint64  // numbers received before
	OutOfOrder uint64  // numbers below the highest that may be late or duplicated
	Unnumbered uint64  // messages without a number
	_          [8]byte // pads to a cache line, so that two loops never write to the same one
}

// Message counts a message by the number at the end of its payload.
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

// Run counts the next n numbers, as n calls of See would.
func (s *Sequence) Run(n uint64) {
	if s.First == 0 {
		s.First = s.Last + 1
	}
	s.Received += n
	s.Last += n
}

// seqKey precedes the number, with which the JSON object ends.
const seqKey = `,"seq":`

// ParseSeq parses N from a payload that ends in `,"seq":N}`. N must be 1 or more.
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

// Report is the sum of the Sequences of a room's members.
type Report struct {
	Members            int // members that received at least one message
	Silent             int // members that received none
	MinFirst, MaxFirst uint64
	MinLast, MaxLast   uint64
	Received           uint64
	Lost               uint64
	Duplicated         uint64
	OutOfOrder         uint64
	Unnumbered         uint64
}

// Add adds one member.
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

// Merge adds the members of another report.
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

// Clean reports whether every member received at least one message, and all in order.
func (r Report) Clean() bool {
	return r.Silent == 0 && r.Lost == 0 && r.Duplicated == 0 && r.OutOfOrder == 0 && r.Unnumbered == 0
}
