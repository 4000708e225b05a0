package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"plenum/bench/observe"
	"plenum/bench/suite"
)

// publishedFolder is the default of --out. Its results are in the repository.
const publishedFolder = "bench/results"

// isWithinPublished reports whether a folder is publishedFolder or within it.
func (f *suiteFlags) isWithinPublished(folder string) bool {
	published, err := filepath.Abs(publishedFolder)
	if err != nil {
		return false // the working folder is gone, so nothing can be written
	}
	folder, err = filepath.Abs(folder)
	return err == nil && (folder == published || strings.HasPrefix(folder, published+string(filepath.Separator)))
}

// refuse returns an error if the plan has no run. It also returns one if the results would be within publishedFolder, and the
// source of a program is not known.
func (f *suiteFlags) refuse(plan []suite.Planned, targets []suite.Target) error {
	runs := 0
	for _, p := range plan {
		runs += p.Runs
	}
	if runs == 0 && len(targets) > 0 {
		return &usageError{"--targets: no chosen entry measures a chosen server; --plan says which servers an entry measures"}
	}
	if !f.isWithinPublished(f.out()) {
		return nil
	}
	for _, t := range targets {
		if t.Peer {
			continue
		}
		if err := unpublishable(f.Server, t.Commit); err != nil {
			return err
		}
	}
	return unpublishable("plenum-bench", observe.ReadEnvironment().Commit)
}

// unpublishable returns an error if a program has no commit, or was built from a tree with changes.
func unpublishable(program, commit string) error {
	if commit != "" && !strings.HasSuffix(commit, "-dirty") {
		return nil
	}
	return fmt.Errorf("%s was built from a changed or unknown source (commit %q), and %s has published results: commit, run make build and start again, or use --quick or another --out", program, commit, publishedFolder)
}
