package main

import (
	"fmt"
	"io"
	"strings"

	"plenum/bench"
)

// summarize tells a person what the line of JSON says.
func summarize(w io.Writer, r *bench.Result) {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if r.Sent > 0 {
		add("%d connections, %d sent, %d delivered (%.0f/s)", r.Connections, r.Sent, r.Delivered, r.Rate)
	}
	if r.Delivery != nil && r.Completion != nil {
		add("delivery p50 %.2f p99 %.2f max %.2f ms", r.Delivery.P50, r.Delivery.P99, r.Delivery.Max)
		add("completion p99 %.2f ms", r.Completion.P99)
	}
	if r.Server != nil && r.Sent > 0 {
		add("server %.2f us CPU a delivery", r.Server.Each)
	}
	if f := r.Saturate; f != nil {
		add("held %.0f messages a second, limited by the %s", f.Rate, f.LimitedBy)
	}
	if f := r.Idle; f != nil && len(f.Steps) > 0 {
		last := f.Steps[len(f.Steps)-1]
		add("%d connections, %.0f bytes each (slope %.0f), %.1f us CPU a ping", last.Connections, last.Each, f.Slope, last.CPUPing)
	}
	if f := r.Connect; f != nil && f.Storm != nil {
		add("storm %.0f upgrades/s, server %.0f us CPU each", f.Storm.PerSecond, f.Storm.Each)
		if f.Steady != nil && f.Steady.Ms != nil {
			add("steady %.0f/s p99 %.2f ms", f.Steady.PerSecond, f.Steady.Ms.P99)
		}
	}
	fmt.Fprintf(w, "%s %s: %s\n", r.Target, r.Scenario, strings.Join(parts, "; "))
	for _, lines := range [][]string{r.Failures, r.Reasons, r.Notes} {
		for _, line := range lines {
			fmt.Fprintln(w, " ", line)
		}
	}
}
