package bench

import (
	"fmt"
	"runtime"
)

// Limits of what the generator may have to do with a result.
const (
	// negligible is below what anybody compares.
	negligible = 1.0 // ms
	// ownPart of a latency may be the generator's: its lag, a pause.
	ownPart = 0.2
	// ownBatch of a latency may pass while a loop is away from its sockets. Half of
	// that is what a delivery waited for the loop on average; more only where more
	// sockets were ready than one wait returns.
	ownBatch = 0.5
	// fullLoop is the part of a core from which on a loop is taken to be the limit.
	fullLoop = 0.9
	// fullTime is the part of the time from which on a loop never waits for the server.
	fullTime = 0.95
)

// failures returns what the server did wrong. With any, there is no latency. That it
// held its senders back is not among them: who is read late loses nothing.
func (r *Result) failures() (list []string) {
	add := func(n uint64, what string) {
		if n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(r.Lost, "deliveries lost")
	if !r.Cut { // else the wait was
		add(r.Missing, "deliveries that had not come when the wait at the end was over")
	}
	add(r.Duplicated, "deliveries doubled")
	add(r.OutOfOrder, "deliveries out of order")
	if r.Room != nil {
		add(r.Room.Lost, "numbers missing in the server's seq")
		add(r.Room.Duplicated, "numbers twice in the server's seq")
		add(r.Room.OutOfOrder, "numbers out of order in the server's seq")
	}
	add(r.Foreign, "messages in the wrong room")
	add(r.Unnumbered, "messages without the server's seq")
	add(r.Unsent, "messages that could not be sent, for the connection had ended")
	add(r.Ended, "connections ended by the server")
	if r.Churn != nil {
		add(r.Churn.NotJoined, "joins refused")
	}
	return list
}

// reasons returns why the generator could have made the result.
func (r *Result) reasons() (list []string) {
	add := func(holds bool, format string, args ...any) {
		if holds {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	g := r.Generator
	if g == nil {
		return nil
	}
	cores := float64(min(runtime.NumCPU(), g.Processes*g.Loops))
	add(g.Share > fullLoop*cores, "the generator used %.2f cores of the %.0f its loops can use", g.Share, cores)
	add(g.LoopBusy > fullTime, "a loop of the generator was busy %.1f %% of the time", 100*g.LoopBusy)
	add(r.Overrun(), "a loop of the generator was overrun for a quarter of a second: what was lost or held back may have waited for it")
	if r.Delivery == nil {
		return list
	}
	p50, p99 := r.Delivery.P50, r.Delivery.P99
	if lag := g.LagMs; lag != nil {
		add(lag.P99 > negligible && lag.P99 > ownPart*p99, "the generator sent late: p99 %.2f ms of a latency of p99 %.2f ms", lag.P99, p99)
		add(lag.P50 > negligible && lag.P50 > ownPart*p50, "the generator sent late: p50 %.2f ms of a latency of p50 %.2f ms", lag.P50, p50)
	}
	add(g.PauseMs > negligible && g.PauseMs > ownPart*p99, "a garbage collection of the generator took %.2f ms of a latency of p99 %.2f ms", g.PauseMs, p99)
	if b := g.BatchMs; b != nil {
		add(b.P99 > negligible && b.P99 > ownBatch*p99, "the generator's loops were away from their sockets for p99 %.2f ms of a latency of p99 %.2f ms", b.P99, p99)
	}
	return list
}

// Overrun tells whether the generator could not follow a run that failed or was held
// back. What the server would have done without that is not known.
func (r *Result) Overrun() bool {
	harmed := r.Lost+r.Missing+r.Refused+r.Ended > 0 || r.HeldBack != nil
	return harmed && r.Generator != nil && r.Generator.Fullest > fullTime
}

// notes returns what a reader should know that spoils nothing.
func (r *Result) notes() (list []string) {
	if r.Server == nil || r.Generator == nil {
		return nil
	}
	const full = 0.95
	cores := float64(max(1, r.Environment.Cores))
	if used := r.Server.Share + r.Generator.Share; used > full*cores {
		list = append(list, fmt.Sprintf("no processor was left: server %.2f, generator %.2f of %.0f cores", r.Server.Share, r.Generator.Share, cores))
	}
	if m := r.Machine; m != nil {
		const part = 0.05 // of the machine
		if m.Other > part*cores {
			list = append(list, fmt.Sprintf("other processes used %.2f of %.0f cores", m.Other, cores))
		}
		if m.Steal > part*cores/2 {
			list = append(list, fmt.Sprintf("the machine's host took %.2f cores away", m.Steal))
		}
	}
	return list
}

// judge draws the conclusions from the figures.
func (r *Result) judge() {
	r.Failures = append(r.Failures, r.failures()...)
	r.Reasons = append(r.Reasons, r.reasons()...)
	r.Notes = append(r.Notes, r.notes()...)
	r.Valid = len(r.Reasons) == 0
	if r.Failed() {
		r.Delivery, r.Completion, r.Histograms, r.SampledOneIn = nil, nil, nil, 0
	}
	r.Failures, r.Reasons, r.Notes = list(r.Failures), list(r.Reasons), list(r.Notes)
}

// list is never null in JSON.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}
