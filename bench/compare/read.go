package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"plenum/bench"
)

// Side is the results of a file or of a folder.
type Side struct {
	Name   string // path of the file or folder
	Groups []*Group
}

// Read reads the results in a file of plenum-bench run, or in all files ENTRY.jsonl of a folder of
// plenum-bench suite. Runs of older sets are only counted. A file or folder without results is an error.
func Read(path string) (*Side, error) {
	files, err := filesOf(path)
	if err != nil {
		return nil, err
	}
	g := &groups{at: map[string]*Group{}}
	if g.set, err = newestSet(files); err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := g.read(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(g.list) == 0 {
		return nil, fmt.Errorf("%s: no results", path)
	}
	return &Side{Name: path, Groups: g.list}, nil
}

func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		var failed *fs.PathError
		if errors.As(err, &failed) {
			return nil, fmt.Errorf("%s: %w", path, failed.Err)
		}
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	return filepath.Glob(filepath.Join(escaped(path), "*.jsonl"))
}

// escaped returns a pattern for filepath.Glob that matches path only.
func escaped(path string) string {
	var pattern []rune
	for _, c := range path {
		if slices.Contains([]rune(`*?[\`), c) {
			pattern = append(pattern, '\\')
		}
		pattern = append(pattern, c)
	}
	return string(pattern)
}

func (g *groups) read(path string) error {
	for r, err := range bench.ReadFile(path) {
		if err != nil {
			return err
		}
		g.add(r)
	}
	return nil
}

// newestSet returns the set of the latest run that has a set and is not from an emulated machine. It returns
// "" if there is none.
func newestSet(files []string) (set string, err error) {
	var last time.Time
	for _, path := range files {
		err := eachLabel(path, func(labels map[string]string, started time.Time) {
			if labels["set"] != "" && labels["lab"] == "" && !started.Before(last) {
				set, last = labels["set"], started
			}
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
	}
	return set, nil
}

// eachLabel calls do with the labels and the start of each result in a file. The results are read again
// later, because the histograms of all results at once would take much memory.
func eachLabel(path string, do func(labels map[string]string, started time.Time)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for decoder := json.NewDecoder(file); ; {
		var one struct {
			Labels  map[string]string `json:"labels"`
			Started time.Time         `json:"started_at"`
		}
		switch err := decoder.Decode(&one); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("not a file of results: %w", err)
		}
		do(one.Labels, one.Started)
	}
}
