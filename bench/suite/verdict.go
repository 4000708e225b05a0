package suite

import (
	"fmt"

	"plenum/bench"
)

// rejected returns why a run must be made again; empty: it stands. What other
// processes or the host took is in cores. A server that did something wrong has its
// result, however the generator fared; but where that was overrun, which may have made
// the loss, only of the last attempt.
func rejected(r *bench.Result, busy float64, last bool) string {
	if m := r.Machine; m != nil {
		switch {
		case m.Other > busy:
			return fmt.Sprintf("other processes used %.2f cores", m.Other)
		case m.Steal > busy:
			return fmt.Sprintf("the machine's host took %.2f cores away", m.Steal)
		}
	}
	if !r.Valid && (!r.Failed() || r.Overrun() && !last) {
		return "INVALID: " + r.Reasons[0]
	}
	return ""
}
