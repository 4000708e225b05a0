package main

import (
	"fmt"
	"io"

	"plenum/bench"
	"plenum/bench/suite"
)

// summarize prints the main figures, failures, reasons and notes of a result for a person.
func summarize(w io.Writer, r *bench.Result) {
	fmt.Fprintf(w, "%s %s: %s\n", r.Target, r.Scenario, suite.Figures(r))
	for _, lines := range [][]string{r.Failures, r.Reasons, r.Notes} {
		for _, line := range lines {
			fmt.Fprintln(w, " ", line)
		}
	}
}
