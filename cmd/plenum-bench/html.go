package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"plenum/bench/compare"
	"plenum/bench/page"
)

// htmlFlags are the arguments and flags of plenum-bench html.
type htmlFlags struct {
	Results []string `arg:"" help:"Results to show: files of plenum-bench run --out, or folders of plenum-bench suite. With several, the servers of the others are compared with those of the first; with one, all its servers with the first server."`
	Out     string   `default:"results.html" placeholder:"FILE" help:"File to write. It is replaced."`
}

// checkOut returns an error if the page would replace one of the results. The variable of --out is that of plenum-bench run too.
func (f *htmlFlags) checkOut() error {
	out, err := os.Stat(f.Out)
	if err != nil {
		return nil // there is no such file yet
	}
	for _, path := range f.Results {
		if in, err := os.Stat(path); err == nil && os.SameFile(in, out) {
			return &usageError{"--out: " + f.Out + " is one of the results, so it is not replaced: name another file"}
		}
	}
	return nil
}

// runHTML writes the page, and prints the path of its file.
func runHTML(f *htmlFlags, stdout io.Writer) error {
	if err := f.checkOut(); err != nil {
		return err
	}
	var sides []*compare.Side
	for _, path := range f.Results {
		side, err := compare.Read(path)
		if err != nil {
			return &usageError{err.Error()}
		}
		sides = append(sides, side)
	}
	var text bytes.Buffer
	if err := page.Write(&text, sides); err != nil {
		return err
	}
	if err := os.WriteFile(f.Out, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	_, err := fmt.Fprintln(stdout, f.Out)
	return err
}
