package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plenum/bench"
)

// Load reads a folder of results. The variants with TLS and compression may have a folder of
// their own within it, with a set of their own. Then they can be measured without the whole
// suite, which takes hours. Clusters and channels always have folders of their own.
func Load(dir string, known []Peer) (*Data, error) {
	d, err := loadSet(dir, knownNames{}, known)
	if err != nil {
		return nil, err
	}
	d.Wire = d
	if d.Cluster, err = loadOwn(filepath.Join(dir, ClusterFolder), namesOfClusters, known); err != nil {
		return nil, err
	}
	if d.Channels, err = loadOwn(filepath.Join(dir, ChannelsFolder), namesOfChannels, known); err != nil {
		return nil, err
	}
	if own := filepath.Join(dir, WireFolder); exists(own) {
		if d.Wire, err = Load(own, known); err != nil {
			return nil, err
		}
	}
	if d.Lab, err = readLab(filepath.Join(dir, LabFile)); err != nil {
		return nil, err
	}
	if d.Scale, err = readScale(dir); err != nil {
		return nil, err
	}
	err = readJSON(filepath.Join(dir, "skipped.json"), &d.Skipped)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return d, nil
}

// loadOwn is loadSet for a folder that may be missing. Then the result is empty.
func loadOwn(dir string, of knownNames, known []Peer) (*Data, error) {
	if !exists(dir) {
		return &Data{}, nil
	}
	return loadSet(dir, of, known)
}

// loadSet reads the results in a folder, without its subfolders.
func loadSet(dir string, of knownNames, known []Peer) (*Data, error) {
	runs, err := readRuns(dir, of)
	if err != nil {
		return nil, err
	}
	d := &Data{Known: known, set: newest(runs), cells: map[Key]*Cell{}}
	for _, r := range runs {
		d.add(r.entry, r.Result)
	}
	return d, d.checkBuilds(dir)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// run is a result with the entry that its file is named after.
type run struct {
	entry string
	*bench.Result
}

// newest returns the set of the run that was started last. Runs without the label set form
// a set too, which counts as the oldest.
func newest(runs []run) (set string) {
	var last time.Time
	for _, r := range runs {
		if of, comparable := setOf(r.Labels); comparable && of != "" && !r.StartedAt.Before(last) {
			set, last = of, r.StartedAt
		}
	}
	return set
}

// setOf returns the set of a run. comparable is false for runs in an emulated machine, whose
// times mean nothing.
func setOf(labels map[string]string) (set string, comparable bool) {
	return labels["set"], labels["lab"] == ""
}

// readRuns reads the result files of a folder in the order of their names.
func readRuns(dir string, of knownNames) (runs []run, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("report: results: %w", err)
	}
	for _, file := range files {
		entry, results := strings.CutSuffix(file.Name(), ".jsonl")
		if !results {
			continue
		}
		if runs, err = appendRuns(runs, of, entry, filepath.Join(dir, file.Name())); err != nil {
			return nil, fmt.Errorf("report: %s: %w", file.Name(), err)
		}
	}
	return runs, nil
}

func appendRuns(runs []run, of knownNames, entry, path string) ([]run, error) {
	if err := of.check(entry); err != nil {
		return nil, err
	}
	n := 0
	for r, err := range bench.ReadFile(path) {
		if err != nil {
			return nil, err
		}
		n++
		if err := of.checkTarget(r.Target); err != nil {
			return nil, fmt.Errorf("result %d: %w", n, err)
		}
		runs = append(runs, run{entry, r})
	}
	return runs, nil
}

func ReadPeers(path string) (list []Peer, err error) {
	err = readJSON(path, &list)
	inherit(list)
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
