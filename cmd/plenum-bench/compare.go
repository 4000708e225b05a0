package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"plenum/bench/compare"
	"plenum/bench/metric"
)

// statusUndecided is the exit status of plenum-bench compare --strict if there are too few runs, or if an
// entry is missing on one side.
const statusUndecided = 3

// compareFlags are the arguments and flags of plenum-bench compare.
type compareFlags struct {
	A string `arg:"" help:"Results to compare with: a file of plenum-bench run --out, or a folder of plenum-bench suite."`
	B string `arg:"" help:"Results to judge, likewise."`

	Metric        []string           `placeholder:"METRIC" help:"Compare only these metrics. Default: the main ones of each scenario."`
	Least         float64            `default:"1" help:"Smallest change that counts, in percent, more than 0."`
	FailIf        []metric.Condition `sep:"none" placeholder:"CONDITION" help:"Condition on the median of B, such as p99>50ms. Exit status 1 if it holds for an entry. May be repeated."`
	IgnoreOptions bool               `help:"Compare runs although their options differ. The differences are named."`
	Strict        bool               `help:"End with status 3 if no metric is worse, but there are too few runs to decide one, or an entry is missing on one side."`
	JSON          bool               `name:"json" help:"Write the comparison as JSON."`
}

// Validate checks the flags. kong calls it.
func (f *compareFlags) Validate() error {
	if !(f.Least > 0) { // NaN too
		return fmt.Errorf("--least: must be more than 0, got %v", f.Least)
	}
	metrics, err := f.metrics()
	if err != nil {
		return err
	}
	const faults = "%s: %s is 0 in every sound run; a comparison counts failed and held back runs by itself"
	for _, m := range metrics {
		if m.CountsFaults() {
			return fmt.Errorf(faults, "--metric", m.Name)
		}
	}
	for _, c := range f.FailIf {
		if c.Metric.CountsFaults() {
			return fmt.Errorf(faults, "--fail-if", c.Metric.Name)
		}
	}
	return nil
}

// metrics returns the metrics that --metric names.
func (f *compareFlags) metrics() (list []*metric.Metric, err error) {
	for _, name := range f.Metric {
		m, err := metric.Named(name)
		if err != nil {
			return nil, fmt.Errorf("--metric: %w", err)
		}
		list = append(list, m)
	}
	return list, nil
}

// runCompare compares two sides and writes the comparison. The error has the exit status.
func runCompare(f *compareFlags, stdout io.Writer) error {
	report, err := f.compare()
	if err != nil {
		return &usageError{err.Error()}
	}
	if lines := report.Different(); len(lines) > 0 && !f.IgnoreOptions {
		return &usageError{"the options differ, so the runs cannot be compared; --ignore-options compares them all the same: " + strings.Join(lines, "; ")}
	}
	if err := f.write(stdout, report); err != nil {
		return err
	}
	return f.judge(report)
}

// compare reads both sides and compares them.
func (f *compareFlags) compare() (*compare.Report, error) {
	a, err := compare.Read(f.A)
	if err != nil {
		return nil, err
	}
	b, err := compare.Read(f.B)
	if err != nil {
		return nil, err
	}
	metrics, err := f.metrics()
	if err != nil {
		return nil, err
	}
	report := compare.New(a, b, compare.Options{Metrics: metrics, Least: f.Least / 100})
	if len(report.Entries) == 0 {
		return nil, fmt.Errorf("nothing to compare: A has %s, B has %s", strings.Join(report.OnlyA, ", "), strings.Join(report.OnlyB, ", "))
	}
	if err := report.Judge(f.FailIf); err != nil {
		return nil, fmt.Errorf("--fail-if: %w", err)
	}
	return report, nil
}

func (f *compareFlags) write(w io.Writer, report *compare.Report) error {
	if !f.JSON {
		return report.WriteText(w)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

// judge returns an error with the exit status if a condition fails B, or if a metric is worse. With --strict it
// also returns one if there are too few runs, or if an entry is missing on one side.
func (f *compareFlags) judge(r *compare.Report) error {
	switch {
	case r.Broken > 0:
		return &verdict{statusFailed, "FAILED: " + strings.Join(r.Failed(), "; ") + "; " + r.Summary()}
	case r.Worse > 0:
		return &verdict{statusFailed, "WORSE: " + r.Summary()}
	case f.Strict && (r.Lacking > 0 || len(r.OnlyA)+len(r.OnlyB) > 0):
		return &verdict{statusUndecided, "UNDECIDED: " + r.Summary()}
	}
	return nil
}
