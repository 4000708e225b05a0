package scale

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"plenum/bench/observe"
)

// File is the name of the file with the results, in the folder of results.
const File = "scale/results.jsonl"

// Suite describes the runs of one suite. It is the first line of a file.
type Suite struct {
	StartedAt   time.Time           `json:"started_at"`
	Seconds     float64             `json:"seconds"` // duration of the whole suite
	Environment observe.Environment `json:"environment"`
}

// Run is one run of a benchmark, in one process.
type Run struct {
	Job
	Process    int                `json:"process"` // 0, or 1 for the second one of two processes
	PeakBytes  int64              `json:"peak_bytes"`
	OtherCores float64            `json:"other_cores"` // cores that other programs used meanwhile, on average
	Values     map[string]float64 `json:"values"`      // by unit, such as ns/delivery
}

// Results are the results of a suite.
type Results struct {
	Suite
	Runs []Run
}

// Read reads the results of a suite.
func Read(path string) (*Results, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, decoder := &Results{}, json.NewDecoder(bufio.NewReader(file))
	if err := decoder.Decode(&r.Suite); err != nil {
		return nil, fmt.Errorf("%s: line 1: %w", path, err)
	}
	for {
		var run Run
		err := decoder.Decode(&run)
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(r.Runs)+2, err)
		}
		r.Runs = append(r.Runs, run)
	}
}

// Write replaces the file at path, and creates its folder if it is missing.
func (r *Results) Write(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // if it was not renamed
	out := json.NewEncoder(file)
	err = out.Encode(r.Suite)
	for _, run := range r.Runs {
		err = errors.Join(err, out.Encode(run))
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
