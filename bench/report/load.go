package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plenum/bench"
)

// laboratory has counts of another machine, published by hand.
const laboratory = "lab"

// load reads a folder of results.
func load(dir string) (*data, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("report: results: %w", err)
	}
	d := &data{cells: map[key]*cell{}}
	for _, file := range files {
		name, results := strings.CutSuffix(file.Name(), ".jsonl")
		if !results || name == laboratory {
			continue
		}
		if err := d.read(name, filepath.Join(dir, file.Name())); err != nil {
			return nil, fmt.Errorf("report: %s: %w", file.Name(), err)
		}
	}
	err = readJSON(filepath.Join(dir, "skipped.json"), &d.skipped)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return d, nil
}

// read takes in the runs of a file.
func (d *data) read(entry, path string) error {
	if !slices.ContainsFunc(entries, func(e entryKind) bool { return e.name == entry }) {
		return errors.New("no entry has this name")
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	for n := 1; ; n++ {
		r := new(bench.Result)
		err := decoder.Decode(r)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("result %d: %w", n, err)
		case r.Target != again && !slices.Contains(targets, r.Target):
			return fmt.Errorf("result %d: unknown target %q", n, r.Target)
		}
		d.add(entry, r)
	}
}

// peer is one server of the comparison.
type peer struct{ Name, Library, Version, Note, Language string }

func readPeers(path string) (list []peer, err error) {
	err = readJSON(path, &list)
	return list, err
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("report: %s: %w", path, err)
	}
	return nil
}
