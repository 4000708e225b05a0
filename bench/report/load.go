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
	"time"

	"plenum/bench"
)

// load reads a folder of results.
func load(dir string) (*data, error) {
	d := &data{cells: map[key]*cell{}}
	var err error
	if d.set, err = newest(dir); err != nil {
		return nil, err
	}
	if err := eachResult(dir, d.read); err != nil {
		return nil, err
	}
	if d.lab, err = readLab(filepath.Join(dir, labFile)); err != nil {
		return nil, err
	}
	err = readJSON(filepath.Join(dir, "skipped.json"), &d.skipped)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return d, nil
}

// newest returns the set of the run that was started last. Runs without the label are
// one set too, the oldest.
func newest(dir string) (set string, err error) {
	var last time.Time
	err = eachResult(dir, func(_ string, r *heading) error {
		if of, comparable := setOf(r.Labels); comparable && of != "" && !r.StartedAt.Before(last) {
			set, last = of, r.StartedAt
		}
		return nil
	})
	return set, err
}

// heading is the part of a result by which its set is chosen.
type heading struct {
	Labels    map[string]string `json:"labels"`
	StartedAt time.Time         `json:"started_at"`
}

// setOf returns the set of a run. In the laboratory time means nothing: its runs are
// comparable with none.
func setOf(labels map[string]string) (set string, comparable bool) {
	return labels["set"], labels["lab"] == ""
}

// eachResult calls do for each result in the files of dir, until one fails.
func eachResult[T any](dir string, do func(entry string, r *T) error) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("report: results: %w", err)
	}
	for _, file := range files {
		entry, results := strings.CutSuffix(file.Name(), ".jsonl")
		if !results {
			continue
		}
		if err := readResults(entry, filepath.Join(dir, file.Name()), do); err != nil {
			return fmt.Errorf("report: %s: %w", file.Name(), err)
		}
	}
	return nil
}

func readResults[T any](entry, path string, do func(entry string, r *T) error) error {
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
		r := new(T)
		err := decoder.Decode(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(entry, r)
		}
		if err != nil {
			return fmt.Errorf("result %d: %w", n, err)
		}
	}
}

// read takes in a run.
func (d *data) read(entry string, r *bench.Result) error {
	if r.Target != again && !slices.Contains(targets, r.Target) {
		return fmt.Errorf("unknown target %q", r.Target)
	}
	d.add(entry, r)
	return nil
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
