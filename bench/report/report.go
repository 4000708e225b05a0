package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"plenum/bench/report/results"
)

// Options has the paths that a report reads and writes.
type Options struct {
	Results   string   // the folder of raw results
	Plots     string   // the folder of plots, within Results
	Report    string   // the file with all tables, in Results; it is written as a whole
	Peers     string   // the file that describes the peers
	Documents []string // the files with generated parts
}

// Write regenerates the plots, the report and the generated parts of the documents. It removes
// plots of an earlier report that this one does not have.
func Write(o Options) error {
	files, err := generate(o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Plots, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for path, text := range files {
		if err := replace(path, text); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

func replace(path string, text []byte) error {
	if text == nil {
		return os.Remove(path)
	}
	return os.WriteFile(path, text, 0o644)
}

// Check returns the paths of the files that Write would change. It changes nothing.
func Check(o Options) (stale []string, err error) {
	files, err := generate(o)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("report: %w", err)
		}
		if err != nil || files[path] == nil || !bytes.Equal(text, files[path]) {
			stale = append(stale, path)
		}
	}
	return stale, nil
}

// InputError says that the results or the manifest of the peers cannot be read.
type InputError struct{ err error }

func (e *InputError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.err }

// generate returns the content of the files that Write writes, by path. Files to remove have
// nil.
func generate(o Options) (map[string][]byte, error) {
	known, err := results.ReadPeers(o.Peers)
	if err != nil {
		return nil, &InputError{err}
	}
	d, err := results.Load(o.Results, known)
	if err != nil {
		return nil, &InputError{err}
	}
	d.Published = len(o.Documents) > 0
	files, drawn := orphans(o.Plots), plots(d)
	for name, p := range drawn {
		files[filepath.Join(o.Plots, name)] = p.svg
	}
	files[o.Report] = []byte(o.links(reportText(d, drawn, o.intro())))
	for _, path := range o.Documents {
		if files[path], err = document(o, path, parts(d, drawn)); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// intro returns the first paragraph of the report. Only that of this repository has a summary.
func (o Options) intro() string {
	if len(o.Documents) > 0 {
		return reportIntro + "\n" + summaryIntro
	}
	return reportIntro
}

var upLink = regexp.MustCompile(`\[([^\]]+)\]\(\.\./[^)]*\)`)

// links removes links to the repository's documents from a report that is not one of them.
func (o Options) links(text string) string {
	if len(o.Documents) > 0 {
		return text
	}
	return upLink.ReplaceAllString(text, "$1")
}

// orphans returns the paths of all plots of earlier reports, each with nil.
func orphans(folder string) map[string][]byte {
	files := map[string][]byte{}
	for _, pattern := range []string{latencyPlot("*"), memoryPlot, throughputPlot, upgradesPlot, ratesPlot, hourP99Plot, hourMemoryPlot} {
		found, _ := fs.Glob(os.DirFS(folder), pattern) // the patterns are valid
		for _, name := range found {
			files[filepath.Join(folder, name)] = nil
		}
	}
	return files
}

// document returns the document at path with its parts filled in.
func document(o Options, path string, parts map[string]string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	folder, err := filepath.Rel(filepath.Dir(path), o.Plots)
	if err != nil {
		return nil, fmt.Errorf("report: relative path from %s to the plots: %w", path, err)
	}
	linked := map[string]string{}
	for name, part := range parts {
		linked[name] = strings.ReplaceAll(part, plotsFolder, filepath.ToSlash(folder))
	}
	filled, err := Fill(text, linked)
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", path, err)
	}
	return filled, nil
}

// plotsFolder is the placeholder for the relative path from a document to the plots.
const plotsFolder = "{plots}"

// ownReport is the path of the report from the documents at the root of the repository.
const ownReport = "bench/results/REPORT.md"

// parts returns all generated parts of documents by name.
func parts(d *results.Data, drawn map[string]plotFile) map[string]string {
	return map[string]string{
		"summary":       summaryPart(d),
		"strengths":     strengthsPart(d),
		"weaknesses":    weaknessesPart(d),
		"plots":         plotsPart(drawn),
		"servers":       serversPart(d, ownReport),
		"rivals":        rivalsPart(d),
		scalingPartName: scalingPart(d),
		clusterPartName: clusterPage(d.Cluster),
	}
}
