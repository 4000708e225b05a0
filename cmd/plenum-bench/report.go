package main

import (
	"fmt"
	"io"
	"strings"

	"plenum/bench/report"
)

// reportFlags are the flags of plenum-bench report.
type reportFlags struct {
	Results  string   `default:"bench/results" help:"Folder of the results, one file per entry."`
	Plots    string   `default:"bench/results/plots" help:"Folder of the plots."`
	Peers    string   `default:"bench/peers/peers.json" help:"File that describes the peer servers."`
	Document []string `default:"BENCHMARKS.md,README.md,rooms/SCALING.md" placeholder:"FILE" help:"Document with generated parts. May be repeated."`
	Check    bool     `help:"Change nothing. List the files that differ from the results, and fail if there are any."`
}

// runReport writes the plots and the generated parts of the documents. With --check it
// prints the paths of the files that differ instead, and returns an error if there are any.
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
		return &verdict{statusFailed, "out of date, run plenum-bench report: " + strings.Join(stale, ", ")}
	}
	return nil
}
