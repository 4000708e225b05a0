package suite

import (
	"fmt"

	"plenum/bench"
)

// Bounds of the generator's own delays, in milliseconds. They do not depend on the entry or on the kind of server.
// The delays of all published runs lie below them. A run beyond a bound was disturbed.
//
// batchBound is per node of a cluster. All nodes share the cores with the generator, whose loops wait while each node has
// its turn. In a room that spans 1, 2, 4, 8 and 16 nodes, the loops were away for 1, 3, 9, 21 and 58 ms.
const (
	lagBound   = 10.0 // of the send lag, p99
	pauseBound = 20.0 // of the longest pause of the garbage collector; not for runs with a series
	batchBound = 10.0 // per node, of the time for which a loop was away from its sockets, p99
)

// rejected returns why a run on that many nodes must be repeated, or "" if the run counts. A single server has 0
// nodes. busy is the number of cores that other processes, or the machine's host, may take. No rule compares
// anything with the latencies of the run, see Result.ForSuite.
//
// A run that failed or was held back counts even if it is not valid. If it was made again, a server that fails in some
// runs would look better, because a sound run with the same load of the generator counts too. The report tells the runs apart
// in which the generator may be the cause.
func rejected(r *bench.Result, busy float64, nodes int) string {
	if m := r.Machine; m != nil {
		switch {
		case m.Other > busy:
			return fmt.Sprintf("other processes used %.2f cores", m.Other)
		case m.Steal > busy:
			return fmt.Sprintf("the machine's host took %.2f cores away", m.Steal)
		}
	}
	switch {
	case r.Failed() || r.WasHeldBack():
		return ""
	case !r.Valid:
		return "INVALID: " + r.Reasons[0]
	}
	return delayed(r, nodes)
}

// delayed returns a text about the first delay of the generator that was beyond its bound, or "".
func delayed(r *bench.Result, nodes int) string {
	g, away := r.Generator, batchBound*float64(max(1, nodes))
	switch {
	case g == nil:
		return ""
	case g.LagMs != nil && g.LagMs.P99 > lagBound:
		return fmt.Sprintf("the generator sent late: p99 %.1f ms, more than %.0f ms", g.LagMs.P99, lagBound)
	case g.MaxPauseMs > pauseBound && r.Series == nil:
		return fmt.Sprintf("a garbage collection of the generator took %.1f ms, more than %.0f ms", g.MaxPauseMs, pauseBound)
	case g.BatchMs != nil && g.BatchMs.P99 > away:
		return fmt.Sprintf("the generator's loops were away from their sockets: p99 %.1f ms, more than %.0f ms", g.BatchMs.P99, away)
	}
	return ""
}
