package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"plenum/bench/report"
)

// ownResults is the folder with the results of this repository's documents.
const ownResults = "bench/results"

// ownDocuments are the documents of this repository with generated parts.
var ownDocuments = []string{"BENCHMARKS.md", "README.md", "rooms/SCALING.md", "rooms/natsbus/CLUSTER.md"}

// reportFlags are the flags of plenum-bench report.
type reportFlags struct {
	Files []string `arg:"" optional:"" name:"file" help:"Files of plenum-bench run --out. A table of their runs is printed, and nothing is written. To judge one file by another use plenum-bench compare, for a page with plots plenum-bench html."`

	Results  string   `default:"bench/results" help:"Folder of the results, one file per entry. REPORT.md and the folder plots are written into it."`
	Peers    string   `default:"bench/peers/peers.json" help:"File that describes the peer servers."`
	Document []string `placeholder:"FILE" help:"Document with generated parts. May be repeated. Default: those of this repository if --results is bench/results, else none."`
	Check    bool     `help:"Change nothing. List the files that differ from the results, and fail if there are any."`
}

// options returns the paths for package report.
func (f *reportFlags) options() report.Options {
	documents := f.Document
	if len(documents) == 0 && filepath.Clean(f.Results) == ownResults {
		documents = ownDocuments
	}
	return report.Options{
		Results: f.Results, Plots: filepath.Join(f.Results, "plots"), Report: filepath.Join(f.Results, "REPORT.md"), Peers: f.Peers, Documents: documents,
	}
}

// runReport writes the plots, the report and the generated parts of the documents. With --check it only
// prints the paths of the files that differ, and returns an error if there are any. With FILE it only prints
// a table of the runs in the files.
func runReport(f *reportFlags, stdout io.Writer) error {
	if len(f.Files) > 0 {
		return f.printFiles(stdout)
	}
	if _, err := os.Stat(f.Results); err != nil {
		return &usageError{"--results: " + err.Error()}
	}
	o := f.options()
	if !f.Check {
		if err := report.Write(o); err != nil {
			return unreadable(err)
		}
		fmt.Fprintln(stdout, o.Report)
		return nil
	}
	stale, err := report.Check(o)
	if err != nil {
		return unreadable(err)
	}
	for _, path := range stale {
		fmt.Fprintln(stdout, path)
	}
	if len(stale) > 0 {
		return &verdict{statusFailed, "out of date, run plenum-bench report: " + strings.Join(stale, ", ")}
	}
	return nil
}

// unreadable makes an error about the results one of usage.
func unreadable(err error) error {
	if input := (*report.InputError)(nil); errors.As(err, &input) {
		return &usageError{err.Error()}
	}
	return err
}

// Validate checks the arguments and flags. kong calls it.
func (f *reportFlags) Validate() error {
	if len(f.Files) > 0 && (f.Check || len(f.Document) > 0) {
		return errors.New("--check and --document are for the results of a folder, and FILE only prints a table")
	}
	for _, path := range f.Files {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return fmt.Errorf("FILE: %s is a folder: use --results=%s for a report, or plenum-bench html or compare", path, path)
		}
	}
	return nil
}

// printFiles prints a table of the runs in the files.
func (f *reportFlags) printFiles(stdout io.Writer) error {
	text, err := report.Files(f.Files)
	if err != nil {
		return &usageError{err.Error()}
	}
	_, err = io.WriteString(stdout, text)
	return err
}
