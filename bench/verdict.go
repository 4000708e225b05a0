package bench

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// Limits up to which the generator may contribute to a result.
const (
	// negligible is a time that is too short to matter in any comparison.
	negligible = 1.0 // ms
	// ownPart is the share of a latency that the generator's send lag or a pause may take.
	ownPart = 0.2
	// ownBatch is the share of a latency for which a loop may be away from its sockets. On
	// average a delivery waits for half of that time. It waits for more than all of it only if
	// more sockets are ready than one epoll wait returns.
	ownBatch = 0.5
	// fullLoop is the share of the usable cores above which the generator counts as the limit.
	fullLoop = 0.9
	// fullTime is the busy share of a loop above which the loop counts as always busy: it
	// hardly ever waits for the server.
	fullTime = 0.95
)

// failures returns the errors of the server. A result with a failure has no latencies. A run that
// was held back has not failed, because no message was lost.
func (r *Result) failures() (list []string) {
	add := func(n uint64, what string) {
		if n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, what))
		}
	}
	// If the server or its connections have ended, all other failures follow from that.
	if r.Server != nil && r.Server.Ended {
		list = append(list, "the server's process ended during the run")
	}
	add(r.Ended, "connections ended by the server"+r.howEnded())
	add(r.Lost, "deliveries lost")
	if !r.Cut { // a cut run did not wait for them
		add(r.Missing, "deliveries still missing at the end of the drain")
	}
	add(r.Duplicated, "deliveries duplicated")
	add(r.OutOfOrder, "deliveries out of order")
	if r.Room != nil {
		add(r.Room.Lost, "numbers missing in the server's seq")
		add(r.Room.Duplicated, "numbers duplicated in the server's seq")
		add(r.Room.OutOfOrder, "numbers out of order in the server's seq")
	}
	add(r.Foreign, "messages in the wrong room")
	add(r.Echoed, "messages came back to their sender, which --no-self and --speak=pusher exclude")
	add(r.Unnumbered, "messages without the server's seq")
	add(r.Unsent, "messages not sent because the connection had ended")
	if r.Churn != nil {
		add(r.Churn.NotJoined, "joins refused")
	}
	return list
}

// reasons returns why the generator may have caused the result.
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
	add(len(r.Agents) == 0 && g.Cores > fullLoop*cores, "the generator used %.2f cores of the %.0f its loops can use", g.Cores, cores)
	add(g.BusiestLoop > fullTime, "a loop of the generator was busy %.1f %% of the time", 100*g.BusiestLoop)
	add(r.Overrun(), "a loop of the generator was overrun for 250 ms: the lost or late messages may have waited for it")
	return append(list, r.lateness()...)
}

// lateness returns the reasons that compare the generator's own delays with the latencies of the run.
func (r *Result) lateness() (list []string) {
	g := r.Generator
	if g == nil || r.Delivery == nil {
		return nil
	}
	p50, p99 := r.Delivery.P50, r.Delivery.P99
	add := func(took, part, of float64, format string) {
		if took > negligible && took > part*of {
			list = append(list, fmt.Sprintf(format, took, of))
		}
	}
	if lag := g.LagMs; lag != nil {
		add(lag.P99, ownPart, p99, "the generator sent late: p99 %.2f ms of a latency of p99 %.2f ms")
		add(lag.P50, ownPart, p50, "the generator sent late: p50 %.2f ms of a latency of p50 %.2f ms")
	}
	if r.Series == nil {
		add(g.MaxPauseMs, ownPart, p99, "a garbage collection of the generator took %.2f ms of a latency of p99 %.2f ms")
	}
	if b := g.BatchMs; b != nil {
		add(b.P99, ownBatch, p99, "the generator's loops were away from their sockets: p99 %.2f ms of a latency of p99 %.2f ms")
	}
	return list
}

// ForSuite turns the reasons that depend on the speed of the server into notes. With them the same lag rejects a
// fast run and keeps a slow one, and the generator limits the search of a fast server first. So they would select
// the slow runs of a fast server.
func (r *Result) ForSuite() {
	if r.Saturate != nil && !r.Failed() && r.Saturate.LimitedBy == limitGenerator {
		r.acceptReasons()
		return
	}
	late := r.lateness()
	if len(late) == 0 {
		return
	}
	r.Reasons = slices.DeleteFunc(r.Reasons, func(reason string) bool { return slices.Contains(late, reason) })
	r.Notes = append(r.Notes, late...)
	r.Valid = len(r.Reasons) == 0
}

// Overrun reports whether a loop of the generator was overrun in a run that lost deliveries or
// connections, or was held back. It is then unknown how the server would have done with a
// generator that keeps up. A server whose process has ended has failed in any case.
func (r *Result) Overrun() bool {
	if r.Server != nil && r.Server.Ended {
		return false
	}
	harmed := r.Lost+r.Missing+r.Refused+r.Ended > 0 || r.HeldBack != nil
	return harmed && r.Generator != nil && r.Generator.BusiestInterval > fullTime
}

// notes returns remarks that do not change the verdict.
func (r *Result) notes() (list []string) {
	if r.Server == nil || r.Generator == nil || len(r.Agents) > 0 {
		return nil
	}
	const full = 0.95
	cores := float64(max(1, r.Environment.Cores))
	if used := r.Server.Cores + r.Generator.Cores; used > full*cores {
		list = append(list, fmt.Sprintf("all cores were busy: server %.2f, generator %.2f of %.0f cores", r.Server.Cores, r.Generator.Cores, cores))
	}
	if m := r.Machine; m != nil {
		const part = 0.05 // share of the machine
		if m.Other > part*cores {
			list = append(list, fmt.Sprintf("other processes used %.2f of %.0f cores", m.Other, cores))
		}
		if m.Steal > part*cores/2 {
			list = append(list, fmt.Sprintf("the machine's host took %.2f cores away", m.Steal))
		}
	}
	return list
}

// Verdicts of a result.
const (
	Sound       = "sound"
	Failed      = "FAILED"
	HeldBack    = "HELD BACK"
	Invalid     = "INVALID"
	Interrupted = "interrupted"
)

// Verdict returns the verdict on a result, and in one phrase why. The phrase is empty if there is no more to say.
func (r *Result) Verdict() (verdict, why string) {
	switch {
	case r.Failed() && !r.Overrun(): // if overrun, the generator may have caused the failure
		return Failed, r.Failures[0]
	case r.WasHeldBack():
		return HeldBack, r.HeldBackText()
	case !r.Valid && !r.Cut:
		return Invalid, strings.Join(r.Reasons[:min(1, len(r.Reasons))], "") // a result of another program may have none
	case r.Cut && r.Saturate != nil:
		return Interrupted, r.Saturate.Text()
	case r.Cut:
		return Interrupted, ""
	}
	return Sound, ""
}

// judge sets the failures, reasons and notes from the figures.
func (r *Result) judge() {
	r.Failures = append(r.Failures, r.failures()...)
	r.Reasons = append(r.Reasons, r.reasons()...)
	r.Notes = append(r.Notes, r.notes()...)
	r.judgeAgents()
	r.Valid = len(r.Reasons) == 0
	if r.Failed() {
		r.Delivery, r.Completion, r.Histograms, r.SampledOneIn = nil, nil, nil, 0
		r.dropLatencies()
	}
	r.Failures, r.Reasons, r.Notes = list(r.Failures), list(r.Reasons), list(r.Notes)
}

// list returns l, or an empty slice for nil, so that JSON has [] and not null.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}
