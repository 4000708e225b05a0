package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options has the paths that a report reads and writes.
type Options struct {
	Results   string   // the folder of raw results
	Plots     string   // the folder of plots
	Peers     string   // the file that describes the peers
	Documents []string // the files with generated parts
}

// Write regenerates the plots and the generated parts of the documents. It removes plots of
// an earlier report that this one does not have.
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

// generate returns the content of the files that Write writes, by path. Files to remove have
// nil.
func generate(o Options) (map[string][]byte, error) {
	d, err := load(o.Results)
	if err != nil {
		return nil, err
	}
	known, err := readPeers(o.Peers)
	if err != nil {
		return nil, err
	}
	files, drawn := orphans(o.Plots), charts(d)
	for name, c := range drawn {
		if files[filepath.Join(o.Plots, name)], err = c.svg(); err != nil {
			return nil, fmt.Errorf("report: plot %s: %w", name, err)
		}
	}
	for _, path := range o.Documents {
		if files[path], err = document(o, path, parts(d, known, drawn)); err != nil {
			return nil, err
		}
	}
	return files, complete(o.Documents, files)
}

// orphans returns the paths of all plots of earlier reports, each with nil.
func orphans(plots string) map[string][]byte {
	files := map[string][]byte{}
	for _, pattern := range []string{latencyPlot("*"), memoryPlot, throughputPlot} {
		found, _ := fs.Glob(os.DirFS(plots), pattern) // the patterns are valid
		for _, name := range found {
			files[filepath.Join(plots, name)] = nil
		}
	}
	return files
}

// complete returns an error if none of the documents has the part of an entry.
func complete(documents []string, files map[string][]byte) error {
	var missing []string
	for _, e := range entries {
		part := cmp.Or(e.within, e.name)
		has := func(path string) bool { return bytes.Contains(files[path], []byte(partOpens+part+partOpened)) }
		if !slices.ContainsFunc(documents, has) {
			missing = append(missing, e.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("report: no document has a part for %s", strings.Join(missing, ", "))
	}
	return nil
}

// document returns the document at path with its parts filled in.
func document(o Options, path string, parts map[string]string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	plots, err := filepath.Rel(filepath.Dir(path), o.Plots)
	if err != nil {
		return nil, fmt.Errorf("report: relative path from %s to the plots: %w", path, err)
	}
	linked := map[string]string{}
	for name, part := range parts {
		linked[name] = strings.ReplaceAll(part, plotsFolder, filepath.ToSlash(plots))
	}
	filled, err := Fill(text, linked)
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", path, err)
	}
	return filled, nil
}

// plotsFolder is the placeholder for the relative path from a document to the plots.
const plotsFolder = "{plots}"

// parts returns all generated parts by name.
func parts(d *data, known []peer, drawn map[string]chart) map[string]string {
	all := map[string]string{
		"machine": machinePart(d, known),
		"goals":   goalsPart(d),
		"rivals":  rivalsPart(d),
		"lab":     labPart(d),

		wirePartName:  wirePart(d),
		scalePartName: scalePart(d),

		channelsPartName:     channelsPart(d.channels),
		channelsLinkPartName: channelsLinkPart(d.channels),

		scalingPartName: scalingPart(d),
	}
	maps.Copy(all, clusterParts(d.cluster))
	for _, e := range entries {
		if e.within != "" {
			continue
		}
		picture := ""
		if _, ok := drawn[e.plot]; ok {
			picture = fmt.Sprintf("![%s](%s/%s)", e.alt, plotsFolder, e.plot)
		}
		all[e.name] = paragraphs(entryPart(d, e), picture)
	}
	return all
}
