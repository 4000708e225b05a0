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

// runHTML writes the page, and prints the path of its file.
func runHTML(f *htmlFlags, stdout io.Writer) error {
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
