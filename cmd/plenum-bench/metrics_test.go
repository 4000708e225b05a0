package main

import (
	"fmt"
	"strings"

	"plenum/bench/metric"
)

// metricTable is the manual's table of metrics.
func metricTable() string {
	var b strings.Builder
	b.WriteString("| metric | unit | better | scenarios | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, m := range metric.All() {
		better := "lower"
		if m.Higher {
			better = "higher"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Unit.Symbol, better, m.Scenarios(), m.Meaning)
	}
	return b.String()
}
