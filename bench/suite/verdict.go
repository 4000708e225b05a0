package suite

import (
	"fmt"

	"plenum/bench"
)

// rejected returns why a run must be repeated, or "" if the run counts. busy is the number
// of cores that other processes, or the machine's host, may take. last is true for the last
// attempt.
//
// A failed run counts even if it is not valid, unless the generator was overrun and may have
// caused the failure. Such a run, and one that was held back and is not valid, counts only
// as the last attempt.
func rejected(r *bench.Result, busy float64, last bool) string {
	if m := r.Machine; m != nil {
		switch {
		case m.Other > busy:
			return fmt.Sprintf("other processes used %.2f cores", m.Other)
		case m.Steal > busy:
			return fmt.Sprintf("the machine's host took %.2f cores away", m.Steal)
		}
	}
	counts := r.Failed() && !r.Overrun() || last && (r.Failed() || r.WasHeldBack())
	if !r.Valid && !counts {
		return "INVALID: " + r.Reasons[0]
	}
	return ""
}
