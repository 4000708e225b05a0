package bench

// search decides which rate to try next. It is a pure state machine.
type search struct {
	sustained, failed float64 // highest sustained and lowest failed rate; 0: none yet
	most, fine        float64 // Saturate.Most and Saturate.Fine
}

// next returns the next rate to try. more is false when the search is over.
func (s *search) next(first float64) (rate float64, more bool) {
	switch {
	case s.sustained == 0 && s.failed == 0:
		return first, true
	case s.failed == 0:
		return min(2*s.sustained, s.most), s.sustained < s.most
	case s.sustained == 0:
		return s.failed / 2, s.failed > first/64
	}
	return (s.sustained + s.failed) / 2, s.failed-s.sustained > s.fine*s.sustained
}

// learn adds the outcome of a step.
func (s *search) learn(rate float64, sustained bool) {
	if sustained {
		s.sustained = rate
		return
	}
	s.failed = rate
}
