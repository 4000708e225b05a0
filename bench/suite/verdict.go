package suite

import (
	"fmt"

	"plenum/bench"
)

// rejected returns why a run must be made again; empty: it stands. What other
// processes or the host took is in cores. A failure is the server's, however the
// generator fared, unless that was overrun, which may be the cause. What the generator
// may be the cause of stands only in the last attempt: a failure, or that the senders
// were held back.
func rejected(r *bench.Result, busy float64, last bool) string {
	if m := r.Machine; m != nil {
		switch {
		case m.Other > busy:
			return fmt.Sprintf("other processes used %.2f cores", m.Other)
		case m.Steal > busy:
			return fmt.Sprintf("the machine's host took %.2f cores away", m.Steal)
		}
	}
	stands := r.Failed() && !r.Overrun() || last && (r.Failed() || r.WasHeldBack())
	if !r.Valid && !stands {
		return "INVALID: " + r.Reasons[0]
	}
	return ""
}
