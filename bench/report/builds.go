package report

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// dirty ends the commit of a program that was built from uncommitted changes. Nobody can build
// such a program again.
const dirty = "-dirty"

// checkBuilds returns an error if a run that is used is of a program with uncommitted changes, or if
// plenum's runs are of several builds.
func (d *data) checkBuilds(dir string) error {
	builds := map[string][]string{} // files by build of plenum
	for _, k := range d.keys() {
		file := k.entry + ".jsonl"
		for _, r := range d.cells[k].all() {
			path := filepath.Join(filepath.Base(dir), file)
			if strings.HasSuffix(r.Environment.Commit, dirty) {
				return fmt.Errorf("report: %s: plenum-bench was built from uncommitted changes (commit %s): commit them and measure again", path, r.Environment.Commit)
			}
			if !ofPlenum(k.target) {
				continue
			}
			build, commit := r.Labels["build"], r.Labels["commit"]
			if strings.HasSuffix(commit, dirty) {
				return fmt.Errorf("report: %s: plenum was built from uncommitted changes (commit %s, build %s): commit them and measure again", path, commit, cmp.Or(build, "unknown"))
			}
			if build != "" && !slices.Contains(builds[build], file) {
				builds[build] = append(builds[build], file)
			}
		}
	}
	if len(builds) < 2 {
		return nil
	}
	var list []string
	for _, build := range slices.Sorted(maps.Keys(builds)) {
		list = append(list, fmt.Sprintf("%s in %s", build, strings.Join(builds[build], ", ")))
	}
	return fmt.Errorf("report: %s: plenum's runs are of several builds, which must not be mixed: %s", filepath.Base(dir), strings.Join(list, "; "))
}

// keys returns the keys of all cells in a fixed order.
func (d *data) keys() []key {
	return slices.SortedFunc(maps.Keys(d.cells), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.entry, b.entry), cmp.Compare(a.target, b.target))
	})
}
