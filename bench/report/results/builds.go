package results

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Dirty ends the commit of a program that was built from uncommitted changes. Nobody can build
// such a program again.
const Dirty = "-dirty"

// checkBuilds returns an error if a run that is used is of a program with uncommitted changes, or if
// plenum's runs are of several builds.
func (d *Data) checkBuilds(dir string) error {
	builds := map[string][]string{} // files by build of plenum
	for _, k := range d.keys() {
		file := k.Entry + ".jsonl"
		for _, r := range d.cells[k].All() {
			path := filepath.Join(filepath.Base(dir), file)
			if strings.HasSuffix(r.Environment.Commit, Dirty) {
				return fmt.Errorf("report: %s: plenum-bench was built from uncommitted changes (commit %s): commit them and measure again", path, r.Environment.Commit)
			}
			if !ofPlenum(k.Target) {
				continue
			}
			build, commit := r.Labels["build"], r.Labels["commit"]
			if strings.HasSuffix(commit, Dirty) {
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
func (d *Data) keys() []Key {
	return slices.SortedFunc(maps.Keys(d.cells), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Target, b.Target))
	})
}
