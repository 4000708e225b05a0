package main

import (
	"fmt"
	"io"
	"strings"

	"plenum/bench/report"
)

// reportFlags are those of plenum-bench report.
type reportFlags struct {
	Results  string   `default:"bench/results" help:"The results, a file an entry."`
	Plots    string   `default:"bench/results/plots" help:"Where the plots go."`
	Peers    string   `default:"bench/peers/peers.json" help:"What the peers are."`
	Document []string `default:"BENCHMARKS.md,README.md" placeholder:"FILE" help:"A document with generated parts; may be repeated."`
	Check    bool     `help:"Change nothing; fail where a file is not what the results make it."`
}

// runReport writes the plots and the parts of the documents, or says which are stale.
func runReport(f *reportFlags, stdout io.Writer) error {
	o := report.Options{Results: f.Results, Plots: f.Plots, Peers: f.Peers, Documents: f.Document}
	if !f.Check {
		return report.Write(o)
	}
	stale, err := report.Check(o)
	if err != nil {
		return err
	}
	for _, path := range stale {
		fmt.Fprintln(stdout, path)
	}
	if len(stale) > 0 {
		return &verdict{statusFailed, "not what the results make it: " + strings.Join(stale, ", ")}
	}
	return nil
}
