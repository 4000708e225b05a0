package suite

import (
	"errors"
	"fmt"
)

// outcome returns an error if a run could not be made, or if all attempts of a run were rejected. jobs are all runs of the
// suite.
func (s *session) outcome(jobs []job) error {
	var errs []error
	if len(s.errs) > 0 {
		errs = append(errs, fmt.Errorf("%d runs could not be made: %w", len(s.errs), errors.Join(s.errs...)))
	}
	if len(s.rejected) > 0 {
		errs = append(errs, fmt.Errorf("%d of %d runs have no result, because all attempts were rejected (for example %s); start the same command again to repeat them",
			len(s.rejected), s.needed(jobs), s.rejected[0]))
	}
	return errors.Join(errs...)
}

// needed returns how many of the jobs have a result or need one.
func (s *session) needed(jobs []job) (n int) {
	for _, j := range jobs {
		if s.counted(j) || !j.redundant(s.failed) {
			n++
		}
	}
	return n
}
