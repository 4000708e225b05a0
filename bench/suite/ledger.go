package suite

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"plenum/bench"
)

// The labels of a result.
const (
	labelEntry    = "entry"
	labelRepeat   = "repeat"
	labelAttempt  = "attempt" // from 1
	labelCommand  = "command"
	labelSet      = "set"
	labelBuild    = "build"    // of the server
	labelCommit   = "commit"   // of the server's program; absent if the program has none
	labelBroker   = "broker"   // name and version of the NATS server; absent without one
	labelRejected = "rejected" // why the run does not count; absent if it counts
)

// key identifies a run within a set. Several attempts of a run have the same key.
type key struct{ entry, target, repeat string }

// ledger is an index of the results of a set, which are in the files of a folder.
type ledger struct {
	folder   string
	set      string
	attempts map[key]int  // number of attempts per run
	counted  map[key]bool // runs with an attempt that was not rejected
	failed   map[key]bool // of these, the runs with failures of the server
}

// line is the part of a result that the ledger reads.
type line struct {
	Target   string            `json:"target"`
	Labels   map[string]string `json:"labels"`
	Failures []string          `json:"failures"`
}

// openLedger reads the results in folder. It makes the folder if there is none.
func openLedger(folder, set string) (*ledger, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	l := &ledger{folder: folder, set: set, attempts: map[key]int{}, counted: map[key]bool{}, failed: map[key]bool{}}
	paths, err := filepath.Glob(l.path("*"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := l.read(path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return l, nil
}

func (l *ledger) path(entry string) string { return filepath.Join(l.folder, entry+".jsonl") }

func (l *ledger) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for in := json.NewDecoder(file); ; {
		var one line
		if err := in.Decode(&one); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		l.note(one)
	}
}

// note counts a result, if it is of this set.
func (l *ledger) note(one line) {
	if one.Labels[labelSet] != l.set {
		return
	}
	k := key{one.Labels[labelEntry], one.Target, one.Labels[labelRepeat]}
	l.attempts[k]++
	if one.Labels[labelRejected] == "" {
		l.counted[k] = true
		l.failed[k] = len(one.Failures) > 0
	}
}

func (j job) key() key { return key{j.entry.ID, j.target.Name, strconv.Itoa(j.repeat)} }

// inOrder returns the jobs of a schedule in the order for this start of the suite. Within a repeat, jobs with rejected attempts
// only come after the jobs without an attempt.
func (l *ledger) inOrder(jobs []job) []job {
	slices.SortStableFunc(jobs, func(a, b job) int {
		return cmp.Or(compareBool(a.entry.Once, b.entry.Once), cmp.Compare(a.repeat, b.repeat), compareBool(l.attempts[a.key()] > 0, l.attempts[b.key()] > 0))
	})
	return jobs
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// add labels a result of the job and appends it to the entry's file. why is the reason for
// a rejection; empty means that the run counts.
func (l *ledger) add(j job, build, why string, r *bench.Result) error {
	r.Labels = map[string]string{
		labelEntry: j.entry.ID, labelRepeat: strconv.Itoa(j.repeat), labelSet: l.set, labelBuild: build,
		labelCommand: j.entry.Command(), labelAttempt: strconv.Itoa(l.attempts[j.key()] + 1),
	}
	if j.target.Commit != "" {
		r.Labels[labelCommit] = j.target.Commit
	}
	if j.target.Nodes > 0 {
		r.Labels[labelBroker] = j.target.BrokerVersion
	}
	if why != "" {
		r.Labels[labelRejected] = why
	}
	file, err := os.OpenFile(l.path(j.entry.ID), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(r.Write(file), file.Close()); err != nil {
		return err
	}
	l.note(line{r.Target, r.Labels, r.Failures})
	return nil
}

// writeSkipped writes the targets that are not measured to skipped.json.
func (l *ledger) writeSkipped(skipped []Skipped) error {
	text, err := json.MarshalIndent(append([]Skipped{}, skipped...), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.folder, "skipped.json"), append(text, '\n'), 0o644)
}
